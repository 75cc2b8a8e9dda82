using System.Runtime.InteropServices;
using System.Threading.Channels;
using GenAgent.Torch.Generation.Images;
using GenAgent.Torch.Generation.Sampling;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Text;

namespace GenAgent.Torch.Generation.Scheduling;

/// <summary>A request inside the engine: its tokens, their cache blocks, and its waiting caller. Owned by the loop's thread.</summary>
internal sealed class EngineSequence
{
    private readonly List<int> _ids;
    private readonly List<long> _keys;
    private readonly List<int> _blocks = [];
    private readonly List<GeneratedToken> _generated = [];
    private readonly HashSet<int> _seen = [];
    private readonly MRopePositions _positions;
    private readonly (int Start, int Count)[] _runs;
    private readonly TaskCompletionSource<GenerationResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private float[][]? _features;
    private int[] _blockArray = [];
    private long _node = KvBlockPool.Root;
    private int _registered;

    public EngineSequence(
        GenerationRequest request, Qwen25VLConfig config, int maxTokens, ulong seed, StopMatcher? stops, ChannelWriter<GeneratedToken>? stream)
    {
        (Request, MaxTokens, Seed, Stops, Stream) = (request, maxTokens, seed, stops, stream);
        _ids = [.. request.Ids];
        PromptTokens = _ids.Count;
        _positions = new MRopePositions(config);
        _positions.Append(CollectionsMarshal.AsSpan(_ids), [.. request.Images.Select(image => image.Grid)]);
        _keys = _ids.ConvertAll(id => (long)id);
        _runs = FindRuns(config.ImageTokenId);
        HiddenSize = config.Text.HiddenSize;
        for (var image = 0; image < _runs.Length; image++)
        {
            var digest = ImageDigest.Of(request.Images[image]);
            for (var i = 0; i < _runs[image].Count; i++)
            {
                _keys[_runs[image].Start + i] = digest.FeatureKey(i);
            }
        }

        if (request.Sampling.RepetitionPenalty != 1)
        {
            _seen.UnionWith(_ids);
        }

        Banned = request.Sampling.BanVisionIds ? [.. request.Sampling.BannedIds, .. config.VisionTokenIds] : [.. request.Sampling.BannedIds];
        Biases = [.. request.Sampling.LogitBias.Select(bias => (bias.Key, (float)bias.Value))];
    }

    public GenerationRequest Request { get; }

    public int MaxTokens { get; }

    public ulong Seed { get; }

    public StopMatcher? Stops { get; }

    public ChannelWriter<GeneratedToken>? Stream { get; }

    public int[] Banned { get; }

    public (int Id, float Bias)[] Biases { get; }

    public int PromptTokens { get; }

    public int ReusedTokens { get; private set; }

    /// <summary>Tokens whose keys and values are in the cache.</summary>
    public int Computed { get; private set; }

    /// <summary>Tokens in all.</summary>
    public int Length => _ids.Count;

    public int Pending => Length - Computed;

    public int BlockCount => _blocks.Count;

    public IReadOnlySet<int> Seen => _seen;

    public int GeneratedCount => _generated.Count;

    public Task<GenerationResult> Completion => _completion.Task;

    /// <summary>Set by any thread; the loop acts on it between steps.</summary>
    public volatile bool IsCancelled;

    private int HiddenSize { get; }

    public ReadOnlySpan<long> Keys => CollectionsMarshal.AsSpan(_keys);

    /// <summary>Whether the next tokens to compute need image features that have not been fetched.</summary>
    public bool NeedsFeatures => _features is null && _runs.Length > 0 && _runs[^1].Start + _runs[^1].Count > Computed;

    public IReadOnlyList<ImagePatches> Images => Request.Images;

    public void SetFeatures(float[][] features) => _features = features;

    /// <summary>Looks up the longest cached prefix and shares its blocks. At least one token remains to be computed.</summary>
    public void Begin(KvBlockPool pool)
    {
        _node = pool.Match(Keys[..(Length - 1)], _blocks);
        foreach (var block in _blocks)
        {
            pool.Hold(block);
        }

        _registered = _blocks.Count;
        Computed = _blocks.Count * pool.BlockTokens;
        ReusedTokens = Math.Max(ReusedTokens, Math.Min(Computed, PromptTokens));
    }

    /// <summary>Makes room in the cache for its first <paramref name="tokens"/> tokens, or returns false when no block is free.</summary>
    public bool Reserve(KvBlockPool pool, int tokens)
    {
        while (_blocks.Count * pool.BlockTokens < tokens)
        {
            var block = pool.Take();
            if (block < 0)
            {
                return false;
            }

            _blocks.Add(block);
        }

        return true;
    }

    /// <summary>Releases its blocks; full ones may be found again later.</summary>
    public void Leave(KvBlockPool pool)
    {
        pool.Release(CollectionsMarshal.AsSpan(_blocks));
        _blocks.Clear();
        (Computed, _registered, _node) = (0, 0, KvBlockPool.Root);
    }

    /// <summary>Adds its next tokens to a step, and returns the row of the last token's logits, or -1 if more of the prompt follows.</summary>
    public int AddTo(StepBatch batch, int count)
    {
        for (var i = Computed; i < Computed + count; i++)
        {
            batch.AddToken(_ids[i], _positions[0, i], _positions[1, i], _positions[2, i], FeatureOf(i));
        }

        if (_blockArray.Length < _blocks.Count)
        {
            _blockArray = new int[Math.Max(_blocks.Count, 2 * _blockArray.Length)];
        }

        _blocks.CopyTo(_blockArray);
        return batch.EndSpan(count, Computed, _blockArray, wantsLogits: count == Pending);
    }

    /// <summary>Records that the next tokens are in the cache, and registers the blocks that they filled.</summary>
    public void Advance(KvBlockPool pool, int count)
    {
        Computed += count;
        for (; (_registered + 1) * pool.BlockTokens <= Computed; _registered++)
        {
            _node = pool.Register(_blocks[_registered], _node, Keys.Slice(_registered * pool.BlockTokens, pool.BlockTokens));
        }
    }

    /// <summary>Adds a sampled token, and says whether it ends the sequence.</summary>
    public bool Accept(GeneratedToken token, out GenerationEnd end)
    {
        _ids.Add(token.Id);
        _keys.Add(token.Id);
        _positions.AppendText();
        _generated.Add(token);
        if (Request.Sampling.RepetitionPenalty != 1)
        {
            _seen.Add(token.Id);
        }

        Stream?.TryWrite(token);
        if (Request.Sampling.StopIds.Contains(token.Id))
        {
            end = GenerationEnd.Stop;
            return true;
        }

        Stops?.Append(token.Id);
        end = Stops?.Found is null ? GenerationEnd.Length : GenerationEnd.Stop;
        return end == GenerationEnd.Stop || _generated.Count >= MaxTokens;
    }

    public void Complete(GenerationEnd end)
    {
        _completion.TrySetResult(new GenerationResult([.. _generated], end, Stops?.Found, PromptTokens, ReusedTokens));
        Stream?.TryComplete();
    }

    public void Fail(Exception fault)
    {
        _completion.TrySetException(fault);
        Stream?.TryComplete(fault);
    }

    public void Cancel()
    {
        _completion.TrySetCanceled();
        Stream?.TryComplete(new OperationCanceledException());
    }

    private ReadOnlyMemory<float>? FeatureOf(int token)
    {
        for (var image = 0; image < _runs.Length; image++)
        {
            var run = _runs[image];
            if (token >= run.Start && token < run.Start + run.Count)
            {
                return (ReadOnlyMemory<float>?)_features![image].AsMemory((token - run.Start) * HiddenSize, HiddenSize);
            }
        }

        return null;
    }

    private (int Start, int Count)[] FindRuns(int imageId)
    {
        var runs = new List<(int Start, int Count)>();
        for (var i = 0; i < _ids.Count; i++)
        {
            if (_ids[i] == imageId)
            {
                if (runs.Count == 0 || runs[^1].Start + runs[^1].Count != i)
                {
                    runs.Add((i, 0));
                }

                runs[^1] = (runs[^1].Start, runs[^1].Count + 1);
            }
        }

        return [.. runs];
    }
}
