using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Hosting.Configuration;
using GenAgent.Storage;

namespace GenAgent.Hosting.Runs;

/// <summary>What a run folder of many prompts was begun with: it goes on with the same, or not at all.</summary>
/// <param name="Schema">The file's version.</param>
/// <param name="RootSeed">Where the seeds of all its prompts come from.</param>
/// <param name="Options">Every option that decides what comes out, by path.</param>
public sealed record RunManifest(string Schema, ulong RootSeed, IReadOnlyDictionary<string, string?> Options)
{
    /// <summary>The file in the run folder.</summary>
    public const string FileName = "run.json";
    private const string CurrentSchema = "genagent.run/1";
    private const string SeedPath = "Agent:Seed";

    // The other sections say how the work is done, not what comes out of it.
    private static readonly string[] Deciding = [BackendOptions.SectionName, ImageAgentOptions.SectionName, JudgingOptions.SectionName];

    /// <summary>The manifest for these settings.</summary>
    public static RunManifest For(Settings settings, Func<ulong> freshSeed)
    {
        var options = ShownOption.All(settings)
            .Where(option => Deciding.Any(section => option.Path.StartsWith($"{section}:", StringComparison.Ordinal)) && !option.Path.Equals(SeedPath, StringComparison.Ordinal))
            .ToDictionary(option => option.Path, option => option.Value, StringComparer.Ordinal);
        return new(CurrentSchema, settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName).Seed ?? freshSeed(), options);
    }

    /// <summary>The manifest that lies in the folder, or this one, written there.</summary>
    /// <exception cref="RunFolderException">The folder was begun with other options.</exception>
    public async Task<RunManifest> TakeUpAsync(string folder, bool seedGiven, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            await WholeFile.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(this, SnakeCaseJson.Indented), cancellationToken);
            return this;
        }

        var begun = await ReadAsync(path, cancellationToken);
        var changes = Options.Keys.Union(begun.Options.Keys, StringComparer.Ordinal)
            .Where(option => !string.Equals(Options.GetValueOrDefault(option), begun.Options.GetValueOrDefault(option), StringComparison.Ordinal))
            .Select(option => $"{option} was {begun.Options.GetValueOrDefault(option) ?? "empty"}, now {Options.GetValueOrDefault(option) ?? "empty"}")
            .ToList();
        if (seedGiven && begun.RootSeed != RootSeed)
        {
            changes.Add($"{SeedPath} was {begun.RootSeed}, now {RootSeed}");
        }

        return changes.Count == 0
            ? begun
            : throw new RunFolderException($"{folder} was begun with other options: {string.Join("; ", changes)}. Go on with the same.") { IsOptions = true };
    }

    private static async Task<RunManifest> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<RunManifest>(await File.ReadAllBytesAsync(path, cancellationToken), SnakeCaseJson.Indented);
            return manifest is { Schema: CurrentSchema, Options: not null }
                ? manifest
                : throw new RunFolderException($"{path} is of another version (\"{manifest?.Schema}\") than this genagent knows.");
        }
        catch (JsonException e)
        {
            throw new RunFolderException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
