using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Storage;
using GenAgent.Telemetry;

namespace GenAgent.Running.Sharing;

/// <summary>How the owner of a run shares it.</summary>
/// <param name="Board">Where the tasks are posted; it stays its owner's.</param>
/// <param name="Description">How a worker sets itself up, as JSON of the run's kind; without secrets.</param>
/// <param name="Places">Tasks that the owner's own process does at once; 0 to leave all to workers.</param>
public sealed record RunSharing(ITaskBoard Board, string Description, int Places)
{
    private const string FileName = "share.json";
    private const string Schema = "genagent.share/1";

    /// <summary>The version of this process, that of the packages without the commit: runs are shared among equal ones.</summary>
    public static string Version { get; } =
        typeof(RunSharing).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>How runs are shared; changes no outcome.</summary>
    public SharingOptions Options { get; init; } = new();

    /// <summary>Takes the run of a folder on the board.</summary>
    /// <typeparam name="TOutcome">What a task ends with.</typeparam>
    /// <param name="folder">The run's folder; it is there, and this process has the right to write to it. It remembers the run's id.</param>
    /// <param name="manifest">What decides the outcomes.</param>
    /// <param name="store">Where outcomes are kept.</param>
    /// <param name="read">Makes an outcome of a key and a worker's result.</param>
    /// <param name="make">Does a task in this process, and returns its result.</param>
    /// <param name="mask">Removes secrets; null for the forms that are known.</param>
    /// <param name="notice">Is told what a user should know; null for nobody.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The run's tasks; the caller disposes them.</returns>
    /// <exception cref="BoardUnavailableException">The board could not be reached for long.</exception>
    /// <exception cref="InvalidDataException">The folder's <c>share.json</c> cannot be read.</exception>
    public async Task<SharedTasks<TOutcome>> OpenAsync<TOutcome>(
        string folder, RunManifest manifest, IOutcomeStore<TOutcome> store, Func<string, ReadOnlyMemory<byte>, Task<TOutcome>> read,
        Func<string, CancellationToken, Task<ReadOnlyMemory<byte>>> make, SecretMask? mask = null, Action<string>? notice = null, TimeProvider? time = null,
        CancellationToken cancellationToken = default)
        where TOutcome : class
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var run = new SharedRun(IdOf(folder), manifest.Kind, manifest.ToString(), Description, Version);
        var tasks = await SharedTasks<TOutcome>.OpenAsync(Board, run, store, read, Options, time, notice, cancellationToken);
        if (Places > 0) tasks.Work(Places, make, mask);
        return tasks;
    }

    private static string IdOf(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            try
            {
                if (JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject json && (string?)json["schema"] is Schema
                    && Guid.TryParse((string?)json["run"], out var id))
                {
                    return id.ToString("N");
                }
            }
            catch (Exception broken) when (broken is JsonException or InvalidOperationException)
            {
                // Told below.
            }

            throw new InvalidDataException($"{path} does not say which shared run this folder is: delete it to share the run anew.");
        }

        var fresh = Guid.CreateVersion7();
        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["schema"] = Schema, ["run"] = fresh.ToString() }));
        return fresh.ToString("N");
    }
}
