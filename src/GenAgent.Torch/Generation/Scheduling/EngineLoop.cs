using System.Collections.Concurrent;
using GenAgent.Torch.Generation.Images;
using GenAgent.Torch.Generation.Sampling;
using GenAgent.Torch.Native;
using GenAgent.Torch.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Generation.Scheduling;

/// <summary>
/// The engine's only thread; it owns model and cache. Requests join and leave between steps; a step computes one token for every generating sequence, and
/// pieces of prompts for the others.
/// </summary>
internal sealed class EngineLoop : IDisposable
{
    private readonly Qwen25VLModel _model;
    private readonly ITextDecoder _decoder;
    private readonly GenerationEngineOptions _options;
    private readonly KvBlockPool _pool;
    private readonly Admission _admission;
    private readonly ImageFeatureCache _features;
    private readonly TokenSampler _sampler;
    private readonly StepBatch _batch = new();
    private readonly ConcurrentQueue<EngineSequence> _arrivals = new();
    private readonly ConcurrentQueue<(Action<Qwen25VLModel> Change, TaskCompletionSource Done)> _changes = new();
    private readonly LinkedList<EngineSequence> _waiting = new();
    private readonly List<EngineSequence> _running = [];
    private readonly List<EngineSequence> _candidates = [];
    private readonly List<(EngineSequence Sequence, int Count, int Row)> _step = [];
    private readonly NativeThread _thread;
    private EngineStatistics _statistics = new();

    public EngineLoop(Qwen25VLModel model, ITextDecoder decoder, GenerationEngineOptions options)
    {
        (_model, _decoder, _options) = (model, decoder, options);
        var blocks = BlocksFor(model.Config, decoder, options);
        decoder.AllocateCache(blocks);
        _pool = new KvBlockPool(blocks, decoder.BlockTokens);
        _admission = new Admission(_pool, _running);
        _features = new ImageFeatureCache(model, options.ImageFeatureBytes);
        _sampler = new TokenSampler(decoder.VocabularySize);
        _thread = new NativeThread("generation engine", Serve, End);
        _thread.Start();
    }

    /// <summary>Tokens that the cache can hold.</summary>
    public long CacheTokens => (long)_pool.Count * _pool.BlockTokens;

    public EngineStatistics Statistics => Volatile.Read(ref _statistics) with { CacheTokens = CacheTokens };

    /// <summary>Queues a request; fails it if the engine has stopped.</summary>
    public void Submit(EngineSequence sequence)
    {
        _arrivals.Enqueue(sequence);
        Wake();
        if (_thread.IsStopped) sequence.Fail(Disposed());
    }

    /// <summary>Wakes the loop to handle new or cancelled requests.</summary>
    public void Wake() => _thread.Wake();

    /// <summary>Runs a change on the loop's thread while nothing is being computed, then reads the weights again.</summary>
    public Task ChangeAsync(Action<Qwen25VLModel> change)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _changes.Enqueue((change, done));
        Wake();
        if (_thread.IsStopped) done.TrySetException(Disposed());
        return done.Task;
    }

    /// <summary>Stops, and returns when the present step is done.</summary>
    public void Dispose() => _thread.Dispose();

    private static ObjectDisposedException Disposed() => new(nameof(GenerationEngine));

    private static int BlocksFor(Qwen25VLConfig config, ITextDecoder decoder, GenerationEngineOptions options)
    {
        var longest = (config.Text.MaxPositions + decoder.BlockTokens - 1) / decoder.BlockTokens;
        var useful = (long)longest * options.MaxConcurrentRequests;
        var blocks = Math.Min(options.CacheBytes / decoder.BytesPerBlock, Math.Min(useful, int.MaxValue));
        return blocks >= 1
            ? (int)blocks
            : throw new ArgumentException(
                $"{nameof(GenerationEngineOptions)}.{nameof(options.CacheBytes)} is {options.CacheBytes}, but the keys and values of {decoder.BlockTokens} "
                    + $"tokens take {decoder.BytesPerBlock} bytes: allow more.",
                nameof(options));
    }

    private void Serve()
    {
        using var noGrad = no_grad();
        while (!_thread.IsStopped)
        {
            TakeArrivals();
            DropCancelled();
            TakeChanges();
            Admit();
            if (_running.Count == 0)
            {
                Publish();
                _thread.Wait();
                continue;
            }

            try
            {
                Step();
            }
#pragma warning disable CA1031 // Whatever goes wrong in a step belongs to the requests in it; the engine goes on.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                FailRunning(fault);
            }

            Publish();
        }
    }

    /// <summary>Fails all waiting requests.</summary>
    private void End(Exception? fault)
    {
        fault ??= Disposed();
        FailRunning(fault);
        TakeArrivals();
        foreach (var sequence in _waiting)
        {
            sequence.Fail(fault);
        }

        while (_changes.TryDequeue(out var change))
        {
            change.Done.TrySetException(fault);
        }

        _decoder.Dispose();
    }

    private void TakeArrivals()
    {
        while (_arrivals.TryDequeue(out var sequence))
        {
            _waiting.AddLast(sequence);
        }
    }

    private void DropCancelled()
    {
        for (var i = _running.Count - 1; i >= 0; i--)
        {
            if (_running[i].IsCancelled)
            {
                _running[i].Leave(_pool);
                _running[i].Cancel();
                _running.RemoveAt(i);
            }
        }

        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.IsCancelled)
            {
                node.Value.Cancel();
                _waiting.Remove(node);
            }

            node = next;
        }
    }

    private void TakeChanges()
    {
        while (_running.Count == 0 && _changes.TryDequeue(out var change))
        {
            try
            {
                change.Change(_model);
                _decoder.Refresh();
                _pool.ForgetAll();
                _features.Clear();
                change.Done.TrySetResult();
            }
#pragma warning disable CA1031 // Told to whoever asked for the change.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                change.Done.TrySetException(fault);
            }
        }
    }

    /// <summary>Starts requests while there is room. A request that begins like a prompt now being read waits for it, then shares its blocks.</summary>
    private void Admit()
    {
        if (!_changes.IsEmpty)
        {
            return;
        }

        for (var node = _waiting.First; node is not null && _running.Count < _options.MaxConcurrentRequests;)
        {
            var (sequence, next) = (node.Value, node.Next);
            if (!_admission.WillBeSharedSoon(sequence))
            {
                sequence.Begin(_pool);
                if (!_admission.HasRoom(sequence))
                {
                    sequence.Leave(_pool);
                    return;
                }

                _waiting.Remove(node);
                _running.Add(sequence);
            }

            node = next;
        }
    }

    private void Step()
    {
        Plan();
        var logits = _decoder.Run(_batch).Span;
        var finished = new List<(EngineSequence Sequence, GenerationEnd End)>();
        try
        {
            Advance(logits, finished);
        }
        finally
        {
            // Whoever has a result sees it in the statistics, and gets it also if a later sequence fails.
            Publish();
            foreach (var (sequence, end) in finished) sequence.Complete(end);
        }
    }

    /// <summary>Moves the step's sequences on, samples a token for those whose prompt is read, and takes out those that end.</summary>
    private void Advance(ReadOnlySpan<float> logits, List<(EngineSequence Sequence, GenerationEnd End)> finished)
    {
        var (prompt, generated) = (0, 0);
        foreach (var (sequence, count, row) in _step)
        {
            prompt += Math.Clamp(sequence.PromptTokens - sequence.Computed, 0, count);
            sequence.Advance(_pool, count);
            if (row < 0)
            {
                continue;
            }

            var draw = TokenRandom.Draw(sequence.Seed, sequence.GeneratedCount);
            var token = _sampler.Sample(
                logits.Slice(row * _decoder.LogitStride, _decoder.VocabularySize),
                sequence.Request.Sampling,
                sequence.Seen,
                sequence.Banned,
                draw,
                sequence.Biases);
            generated++;
            if (sequence.Accept(token, out var end))
            {
                sequence.Leave(_pool);
                finished.Add((sequence, end));
                _running.Remove(sequence);
                _statistics = _statistics with { ReusedTokens = _statistics.ReusedTokens + sequence.ReusedTokens };
            }
        }

        _statistics = _statistics with
        {
            Steps = _statistics.Steps + 1,
            PromptTokens = _statistics.PromptTokens + prompt,
            GeneratedTokens = _statistics.GeneratedTokens + generated,
        };
    }

    /// <summary>Chooses what the next step computes: one token for every generating sequence, then prompts, oldest first, up to the limit.</summary>
    private void Plan()
    {
        _batch.Clear();
        _step.Clear();
        foreach (var sequence in Running(areGenerating: true))
        {
            Join(sequence, 1);
        }

        var left = _options.PromptTokensPerStep;
        foreach (var sequence in Running(areGenerating: false))
        {
            if (left > 0 && Join(sequence, Math.Min(left, sequence.Pending)))
            {
                left -= _step[^1].Count;
            }
        }

        for (var i = 0; i < _step.Count; i++)
        {
            var (sequence, count, _) = _step[i];
            _step[i] = (sequence, count, sequence.AddTo(_batch, count));
        }
    }

    /// <summary>A snapshot of the sequences that generate, or whose prompt is being read; valid until the next call.</summary>
    private List<EngineSequence> Running(bool areGenerating)
    {
        _candidates.Clear();
        foreach (var sequence in _running)
        {
            if ((sequence.Pending == 1) == areGenerating) _candidates.Add(sequence);
        }

        return _candidates;
    }

    /// <summary>
    /// Adds a sequence to the step. If no cache block is free, the youngest sequence is preempted; returns false if that is this one.
    /// </summary>
    private bool Join(EngineSequence sequence, int count)
    {
        if (!_running.Contains(sequence))
        {
            return false;
        }

        while (!sequence.Reserve(_pool, sequence.Computed + count))
        {
            var youngest = _running[^1];
            Preempt(youngest);
            if (ReferenceEquals(youngest, sequence))
            {
                return false;
            }
        }

        if (sequence.NeedsFeatures)
        {
            sequence.SetFeatures(_features.Features(sequence.Images));
        }

        _step.Add((sequence, count, -1));
        return true;
    }

    private void Preempt(EngineSequence sequence)
    {
        _step.RemoveAll(one => ReferenceEquals(one.Sequence, sequence));
        _running.Remove(sequence);
        sequence.Leave(_pool);
        _waiting.AddFirst(sequence);
        _statistics = _statistics with { Preemptions = _statistics.Preemptions + 1 };
    }

    private void FailRunning(Exception fault)
    {
        foreach (var sequence in _running)
        {
            sequence.Leave(_pool);
            sequence.Fail(fault);
        }

        _running.Clear();
    }

    private void Publish() => Volatile.Write(ref _statistics, _statistics with
    {
        EncodedImages = _features.Encoded,
        Running = _running.Count,
        Waiting = _waiting.Count,
        FreeCacheTokens = (long)_pool.Free * _pool.BlockTokens,
    });
}
