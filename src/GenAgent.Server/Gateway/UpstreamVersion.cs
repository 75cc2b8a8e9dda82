using System.Text;
using GenAgent.Storage;

namespace GenAgent.Server.Gateway;

/// <summary>
/// The version of the upstream's weights, as whoever trains them tells it: vLLM's chat API names none. Kept beside the rollouts. Safe to use from many tasks.
/// </summary>
internal sealed class UpstreamVersion(GatewayFolder folder)
{
    private const string FileName = "version.txt";

    private readonly Lock _lock = new();
    private string? _version = Load(Path.Combine(folder.Store.Folder, FileName));

    public string? Current
    {
        get
        {
            lock (_lock) return _version;
        }
    }

    public void Set(string version)
    {
        lock (_lock)
        {
            AtomicFile.Write(Path.Combine(folder.Store.Folder, FileName), Encoding.UTF8.GetBytes(version));
            _version = version;
        }
    }

    /// <summary>The version of a call that began under one version and ended under another: both.</summary>
    public string? Since(string? before) => Current is var now && string.Equals(before, now, StringComparison.Ordinal) ? now : $"{before ?? "?"}..{now}";

    private static string? Load(string file) => File.Exists(file) ? File.ReadAllText(file) : null;
}
