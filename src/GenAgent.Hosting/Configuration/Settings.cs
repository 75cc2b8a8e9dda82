using System.Text.Json;
using GenAgent.Telemetry;
using GenAgent.Validation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;

namespace GenAgent.Hosting.Configuration;

/// <summary>
/// The configuration of one call: defaults, <c>genagent.json</c>, user secrets, environment (<c>GENAGENT_Agent__MaxRounds</c>), flags; the later wins.
/// Secrets come from user secrets and the environment alone.
/// </summary>
public sealed class Settings
{
    /// <summary>The file that is read if no other is named.</summary>
    public const string FileName = "genagent.json";

    /// <summary>The id under which <c>dotnet user-secrets --id genagent</c> keeps secrets.</summary>
    public const string UserSecretsId = "genagent";

    /// <summary>The source of an option that nobody set.</summary>
    public const string Default = "default";

    private const string Prefix = "GENAGENT_";
    private const string UserSecrets = "user secrets";
    private const string CommonEnvironment = "common environment";
    private const string Environment = "environment";
    private const string Flag = "flag";

    private readonly List<(string Name, IConfigurationProvider Provider)> _sources;
    private readonly IReadOnlyList<FlagValue> _flags;

    private Settings(
        IConfigurationRoot root, List<(string, IConfigurationProvider)> sources, IReadOnlyList<FlagValue> flags, IReadOnlyDictionary<string, Type> sections)
    {
        Root = root;
        _sources = sources;
        _flags = flags;
        Sections = sections;
        SecretMask = Secrets.MaskOf(root);
    }

    /// <summary>The sources as one configuration.</summary>
    public IConfigurationRoot Root { get; }

    /// <summary>Removes this configuration's secrets from text.</summary>
    public SecretMask SecretMask { get; }

    /// <summary>The sections, and the record that each is bound to.</summary>
    public IReadOnlyDictionary<string, Type> Sections { get; }

    /// <summary>Reads and checks everything.</summary>
    /// <param name="host">Where files and variables are.</param>
    /// <param name="file">The configuration file that the user names; null for <c>genagent.json</c>, if it is there.</param>
    /// <param name="flags">What the command line sets; later ones win.</param>
    /// <returns>The configuration, checked.</returns>
    /// <exception cref="OptionException">A file cannot be read, an option is unknown or wrong, or a secret stands where it can be seen.</exception>
    public static Settings Read(HostEnvironment host, string? file, IReadOnlyList<FlagValue> flags)
    {
        var path = file is null ? Path.Combine(host.WorkingFolder, FileName) : host.FullPath(file);
        if (file is not null && !File.Exists(path))
        {
            throw new OptionException($"--config {file}: there is no such file.");
        }

        var set = flags.Where(flag => flag.Value is not null).ToList();
        var sources = new List<(string Name, IConfigurationSource Source)>
        {
            (file ?? FileName, JsonFile(path)),
            (CommonEnvironment, Memory(CommonVariables(host))),
            (Environment, Memory(OwnVariables(host))),
            (Flag, Memory(set.Select(flag => KeyValuePair.Create(flag.Path, flag.Value)))),
        };
        if (host.UserSecretsFile is { } secrets)
        {
            sources.Insert(1, (UserSecrets, JsonFile(secrets)));
        }

        var settings = Build(sources, set, host.Sections);
        settings.RefuseVisibleSecrets();
        OptionReader.RefuseUnknown(settings);
        OptionReader.RefuseWrong(settings);
        return settings;
    }

    /// <summary>The options of a section.</summary>
    /// <param name="section">The section's name.</param>
    /// <returns>The options; defaults for what nobody set.</returns>
    public T Get<T>(string section)
        where T : class, new() => Root.GetSection(section).Get<T>() ?? new T();

    /// <summary>Where the option's value comes from, as the user would look for it.</summary>
    /// <param name="path">The option's path, such as <c>Agent:MaxRounds</c>.</param>
    /// <returns>A flag, a variable's name, a file, or <c>default</c>.</returns>
    public string SourceOf(string path)
    {
        foreach (var (name, provider) in Enumerable.Reverse(_sources))
        {
            if (provider.TryGet(path, out _))
            {
                return name switch
                {
                    Flag => _flags.Last(flag => flag.Path.Equals(path, StringComparison.OrdinalIgnoreCase)).Flag,
                    Environment => Prefix + path.Replace(":", "__", StringComparison.Ordinal),
                    CommonEnvironment => Secrets.Common.First(pair => pair.Value.Equals(path, StringComparison.OrdinalIgnoreCase)).Key,
                    _ => name,
                };
            }
        }

        return Default;
    }

    /// <summary>The sources with their names, lowest first.</summary>
    public IEnumerable<(string Name, IConfigurationProvider Provider)> Sources => _sources;

    private static Settings Build(List<(string Name, IConfigurationSource Source)> sources, List<FlagValue> flags, IReadOnlyDictionary<string, Type> sections)
    {
        var builder = new ConfigurationBuilder();
        foreach (var (_, source) in sources)
        {
            builder.Add(source);
        }

        try
        {
            var root = builder.Build();
            return new(root, [.. sources.Select(source => source.Name).Zip(root.Providers)], flags, sections);
        }
        catch (FileNotFoundException e)
        {
            throw new OptionException($"{e.FileName ?? FileName} is a link to a file that does not exist: mend the link, or remove it.", e);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException)
        {
            throw new OptionException(
                e.GetBaseException() is JsonException broken ? $"{e.Message} {JsonErrors.Describe(broken)}" : $"{e.Message} {e.GetBaseException().Message}", e);
        }
    }

    // The provider that the source would make for itself passes over files whose name begins with a dot.
    private static JsonConfigurationSource JsonFile(string path) => new()
    {
        Path = Path.GetFileName(path),
        Optional = true,
        FileProvider = Directory.Exists(Path.GetDirectoryName(path)) ? new PhysicalFileProvider(Path.GetDirectoryName(path)!, ExclusionFilters.None)
            : new NullFileProvider(),
    };

    private void RefuseVisibleSecrets()
    {
        foreach (var (name, provider) in _sources.Where(source => source.Name is not (Environment or CommonEnvironment or UserSecrets)))
        {
            if (provider.GetChildKeys([], Secrets.SectionName).FirstOrDefault() is { } secret)
            {
                throw new OptionException(
                    $"{Secrets.SectionName}:{secret} stands in {(string.Equals(name, Flag, StringComparison.Ordinal) ? "a flag" : name)}, where others can "
                        + $"read it: set {Prefix}{Secrets.SectionName}__{secret} in the environment, or run: dotnet user-secrets --id {UserSecretsId} set "
                        + $"{Secrets.SectionName}:{secret} VALUE");
            }
        }
    }

    private static Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource Memory(IEnumerable<KeyValuePair<string, string?>> pairs) =>
        new() { InitialData = pairs.GroupBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).Select(group => group.Last()) };

    private static IEnumerable<KeyValuePair<string, string?>> CommonVariables(HostEnvironment host) =>
        from pair in host.Environment
        where Secrets.Common.ContainsKey(pair.Key) && pair.Value.Length > 0
        select KeyValuePair.Create(Secrets.Common[pair.Key], (string?)pair.Value);

    // A variable with the prefix but of no section, such as one of the tests, is not ours to judge.
    private static IEnumerable<KeyValuePair<string, string?>> OwnVariables(HostEnvironment host) =>
        from pair in host.Environment
        where pair.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && pair.Key.Contains("__", StringComparison.Ordinal)
        select KeyValuePair.Create(pair.Key[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value);
}
