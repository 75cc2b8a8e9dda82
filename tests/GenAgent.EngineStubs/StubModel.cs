using System.Collections.Concurrent;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.EngineStubs;

/// <summary>
/// What a stub serves: weights, engine and version, changed together. Routes that change weights do it by <see cref="UpdateAsync"/>; every answer is computed
/// with the weights of one version, which <see cref="GenerateAsync"/> tells.
/// </summary>
public sealed class StubModel : IDisposable
{
    private readonly Qwen25VLModel _model;
    private CancellationTokenSource _abort = new();

    /// <summary>Loads a Qwen2.5-VL.</summary>
    /// <param name="folder">A folder in the layout of Hugging Face.</param>
    /// <param name="version">The version of its weights.</param>
    /// <param name="threads">Compute threads; 0 for one per processor.</param>
    public StubModel(string folder, string version, int threads = 1)
    {
        (Folder, Version) = (folder, version);
        Tokenizer = TokenizerLoader.Load(folder);
        EndIds = GenerationDefaults.Load(folder).StopIds;
        Processor = new ImageProcessor(ImageProcessorOptions.Load(folder));
        _model = Qwen25VLCheckpoint.Load(folder);
        Engine = new GenerationEngine(_model, new GenerationEngineOptions { Threads = threads, CacheBytes = 256 << 20 }, Tokenizer);
    }

    /// <summary>The folder of the first weights.</summary>
    public string Folder { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Ids that end an answer, as the folder's generation settings say.</summary>
    public IReadOnlyList<int> EndIds { get; }

    /// <summary>Prepares images.</summary>
    public ImageProcessor Processor { get; }

    /// <summary>Computes.</summary>
    public GenerationEngine Engine { get; }

    /// <summary>The model's shape.</summary>
    public Qwen25VLConfig Config => _model.Config;

    /// <summary>The gate of all requests: closed while the server is paused or its weights change.</summary>
    public RequestGate Gate { get; } = new();

    /// <summary>The version of the weights.</summary>
    public string Version { get; private set; }

    /// <summary>The adapters that are loaded, by name; the newest one is on the weights.</summary>
    public ConcurrentDictionary<string, string> Adapters { get; } = new(StringComparer.Ordinal);

    /// <summary>Generates with the weights of one version.</summary>
    /// <param name="request">What to continue.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>The tokens, and the version that sampled them.</returns>
    /// <exception cref="StubAbortedException">It was aborted.</exception>
    public async Task<(GenerationResult Result, string Version)> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        using var inside = await Gate.EnterAsync(cancellationToken);
        var version = Version;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _abort.Token);
        try
        {
            return (await Engine.GenerateAsync(request, ended.Token), version);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StubAbortedException();
        }
    }

    /// <summary>Ends all requests that are computed.</summary>
    public void Abort() => Interlocked.Exchange(ref _abort, new CancellationTokenSource()).Cancel();

    /// <summary>Names the weights anew; null changes nothing.</summary>
    /// <param name="version">Their version.</param>
    public void Name(string? version) => Version = version ?? Version;

    /// <summary>Changes the weights while nothing is computed, and clears all that was computed with the old ones.</summary>
    /// <param name="change">Changes them; an exception leaves the version.</param>
    /// <param name="version">Their version afterwards; null to keep it.</param>
    public async Task UpdateAsync(Action<Qwen25VLModel> change, string? version)
    {
        var wasClosed = Gate.IsClosed;
        await Gate.CloseAsync();
        try
        {
            await Engine.UpdateModelAsync(change);
            Version = version ?? Version;
        }
        finally
        {
            if (!wasClosed) Gate.Open();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        _model.Dispose();
        _abort.Dispose();
    }
}

/// <summary>A request was ended by a pause.</summary>
public sealed class StubAbortedException() : Exception("aborted");
