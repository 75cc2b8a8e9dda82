using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using GenAgent.Engines.Wire;
using GenAgent.Torch.Imaging;

namespace GenAgent.Engines.Replicas;

/// <summary>One server of several that serve the same model. Its members may be read at any time.</summary>
public sealed class Replica
{
    internal Replica(Uri address, EngineHttp http) => (Address, Http) = (address, http);

    /// <summary>Its base address.</summary>
    public Uri Address { get; }

    /// <summary>Requests that are under way there.</summary>
    public int InFlight { get; internal set; }

    /// <summary>Conversations that began there.</summary>
    public long Conversations { get; internal set; }

    /// <summary>Whether it gets no requests: its weights change, or it is taken away.</summary>
    public bool IsDraining { get; internal set; }

    /// <summary>Why it counts as down; null if it is up.</summary>
    public string? Fault { get; internal set; }

    internal EngineHttp Http { get; }

    internal int FaultsInARow { get; set; }

    /// <summary>When a replica that is down is looked at again.</summary>
    internal DateTimeOffset DownUntil { get; set; }

    /// <summary>The last look at its health; null for none.</summary>
    internal Task? Check { get; set; }

    /// <summary>What the server made of each image: only while the conversation that holds the image lives.</summary>
    internal ConditionalWeakTable<ImagePatches, RenderedImage> Rendered { get; } = [];

    /// <summary>Hashes of the images that the server has had.</summary>
    internal ConcurrentDictionary<string, bool> KnownImages { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the server has refused images that are named by their hash alone.</summary>
    internal bool WantsEveryImage { get; set; }

    /// <summary>What is wrong with the server's tokenizer: null for nothing; the task is null until it is looked at.</summary>
    internal Task<string?>? Tokenizer { get; set; }

    /// <summary>What the server reports as log-probabilities; null until it matters.</summary>
    internal Task<LogProbMode>? LogProbs { get; set; }

    /// <summary>Forgets what the server was sent: its caches were cleared.</summary>
    internal void ForgetImages()
    {
        Rendered.Clear();
        KnownImages.Clear();
    }

    /// <summary>Forgets what is known of a server that was away: it may have been started anew, with other settings.</summary>
    internal void Forget()
    {
        ForgetImages();
        (Tokenizer, LogProbs) = (null, null);
    }

    /// <inheritdoc/>
    public override string ToString() => Address.AbsoluteUri.TrimEnd('/');
}
