using System.Security.Cryptography;

namespace GenAgent.Models;

/// <summary>
/// The models that come with the program, in <c>models/</c> beside it: the miniature Qwen2.5-VL (agent <c>micro</c>), the miniature FLUX.1
/// (generator <c>micro</c>), and a second one of another
/// make (<c>micro-b</c>) that no agent was trained with.
/// </summary>
public static class EmbeddedModels
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>The folders' names, each with the URI that opens it and what it is.</summary>
    public static IReadOnlyList<EmbeddedModel> All { get; } =
    [
        new("micro-agent", "--agent micro", "Qwen2.5-VL in miniature, trained to draw coloured shapes"),
        new("micro-flux", "--generator micro", "FLUX.1 in miniature, trained on coloured shapes"),
        new("micro-flux-b", "--generator micro-b", "another FLUX.1 in miniature, weaker, that no agent was trained with"),
    ];

    /// <summary>The embedded models that this copy of the program holds.</summary>
    public static IEnumerable<EmbeddedModel> Here => All.Where(model => Directory.Exists(model.Folder));

    /// <summary>Adds the embedded models, and returns the same registry.</summary>
    /// <param name="registry">The registry.</param>
    /// <returns>The registry that was given.</returns>
    public static BackendRegistry AddMicro(this BackendRegistry registry) => registry
        .AddQwen("micro", "Qwen2.5-VL in miniature, trained to draw coloured shapes; comes with genagent", () => Find("micro-agent"))
        .AddFlux("micro", "FLUX.1 in miniature, trained on coloured shapes; comes with genagent", () => Find("micro-flux"))
        .AddFlux("micro-b", "another FLUX.1 in miniature, weaker, that no agent was trained with", () => Find("micro-flux-b"));

    /// <summary>The folder of an embedded model.</summary>
    /// <param name="name">The folder's name, such as <c>micro-agent</c>.</param>
    /// <returns>The folder's path.</returns>
    /// <exception cref="BackendUnavailableException">This copy of the program does not have it.</exception>
    public static string Find(string name)
    {
        var folder = Path.Combine(Root, name);
        return Directory.Exists(folder)
            ? folder
            : throw new BackendUnavailableException(
                $"This copy of genagent does not hold the embedded model {name} ({folder}). Name a model of your own, as in --agent "
                    + "openai:MODEL@http://localhost:8080/v1 or --generator comfyui:http://localhost:8188, or train the embedded ones: genagent pipeline "
                    + "recipes/micro/pipeline.json. To see the loop without any: --agent oracle --generator canvas.");
    }
}

/// <summary>A model that comes with the program. Immutable.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="Flag">How a run names it.</param>
/// <param name="Description">What it is.</param>
public sealed record EmbeddedModel(string Name, string Flag, string Description)
{
    private static readonly Lazy<IReadOnlyList<(string Path, string Hash)>> Hashes = new(() =>
    {
        using var list = new StreamReader(typeof(EmbeddedModel).Assembly.GetManifestResourceStream("models.sha256")!);
        return [.. list.ReadToEnd()
            .ReplaceLineEndings("\n")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => (line[65..].Replace('\\', '/'), line[..64]))];
    });

    /// <summary>Its folder, whether it is there or not.</summary>
    public string Folder => Path.Combine(Root, Name);

    internal string Root { get; init; } = Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>Compares its files to what they were when this assembly was built.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What is wrong with which file; empty where all are whole. Files of your own beside them are no fault.</returns>
    public async Task<IReadOnlyList<string>> VerifyAsync(CancellationToken cancellationToken = default)
    {
        var faults = new List<string>();
        foreach (var (path, hash) in Hashes.Value.Where(file => file.Path.StartsWith($"{Name}/", StringComparison.Ordinal)))
        {
            var file = Path.Combine(Folder, Path.Combine(path.Split('/')[1..]));
            if (!File.Exists(file))
            {
                faults.Add($"{path}: is not there; install genagent anew.");
                continue;
            }

            await using var stream = File.OpenRead(file);
            if (!Convert.ToHexString(await SHA256.HashDataAsync(stream, cancellationToken)).Equals(hash, StringComparison.OrdinalIgnoreCase))
            {
                faults.Add($"{path}: is not what this version came with; install genagent anew, or ignore this if you have trained the model yourself.");
            }
        }

        return faults;
    }

    /// <summary>Its files, by path below the folder.</summary>
    /// <returns>The files.</returns>
    public IEnumerable<FileInfo> Files() =>
        new DirectoryInfo(Folder).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal);

    /// <summary>Bytes of its files.</summary>
    public long Size => Files().Sum(file => file.Length);
}
