using System.Buffers.Binary;
using System.Collections;
using System.Security.Cryptography;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Models.Hub;
using GenAgent.Storage;

namespace GenAgent.Hosting;

/// <summary>What a program brings to composition from outside of the process: folder, variables, clock and seed. A test brings its own.</summary>
public class HostEnvironment
{
    /// <summary>The folder that relative paths start from.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>The environment variables.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Gives a number that no run had before: the root seed if the user sets none.</summary>
    public required Func<ulong> FreshSeed { get; init; }

    /// <summary>The file with the user's secrets; null for none.</summary>
    public string? UserSecretsFile { get; init; }

    /// <summary>Adds kinds of backends to those of this library.</summary>
    public Action<BackendRegistry>? AddBackends { get; init; }

    /// <summary>The sections of the configuration, and the record that each is bound to.</summary>
    public virtual IReadOnlyDictionary<string, Type> Sections => OptionSections.All;

    /// <summary>The environment of this process: its working folder, variables and clock.</summary>
    /// <returns>The environment.</returns>
    public static HostEnvironment OfProcess() => new()
    {
        WorkingFolder = Directory.GetCurrentDirectory(),
        Environment = ReadVariables(),
        Time = TimeProvider.System,
        FreshSeed = NewSeed,
    };

    /// <summary>The environment variables of this process; their names ignore case on Windows.</summary>
    /// <returns>The variables.</returns>
    public static IReadOnlyDictionary<string, string> ReadVariables() => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(
            entry => (string)entry.Key,
            entry => (string?)entry.Value ?? string.Empty,
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    /// <summary>A seed that nobody can foretell.</summary>
    /// <returns>Any 64 bits.</returns>
    public static ulong NewSeed() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    /// <summary>The absolute form of a path that may be relative to <see cref="WorkingFolder"/>.</summary>
    /// <param name="path">A path, which may begin with <c>~</c>.</param>
    /// <returns>The absolute path.</returns>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public string FullPath(string path) => path.Length > 0
        ? Path.GetFullPath(HomePath.Expand(path), WorkingFolder)
        : throw new ArgumentException("A path that was given is empty: name a file or a folder, or leave the flag out.", nameof(path));

    /// <summary>The path relative to <see cref="WorkingFolder"/> if it is below it, else the absolute path.</summary>
    /// <param name="path">An absolute path.</param>
    /// <returns>A path for messages.</returns>
    public string ShownPath(string path)
    {
        var relative = Path.GetRelativePath(WorkingFolder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>The model hub and its cache, as the environment variables set them.</summary>
    /// <returns>The options.</returns>
    public HubOptions HubOptions() => GenAgent.Models.Hub.HubOptions.FromEnvironment(name => Environment.GetValueOrDefault(name));
}
