using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Configuration;

namespace GenAgent.Cli.Commands.Sharing;

/// <summary>Options of the configuration that decide outcomes, on their way from a run's owner to its workers.</summary>
internal static class SharedSettings
{
    private const string Seed = $"{ImageAgentOptions.SectionName}:Seed";
    private const string InstructionsFile = $"{ImageAgentOptions.SectionName}:{nameof(ImageAgentOptions.InstructionsFile)}";

    private static readonly string[] Sections =
        [$"{BackendOptions.SectionName}:", $"{ImageAgentOptions.SectionName}:", $"{JudgingOptions.SectionName}:"];

    /// <summary>How descriptions are written, and read without unknown members.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Reads the description of a run.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static TWork Read<TWork>(string description) => JsonSerializer.Deserialize<TWork>(description, Json) ?? throw new JsonException("null");

    /// <summary>The options of a run's owner.</summary>
    /// <exception cref="CliException">One names a file, or holds a secret.</exception>
    public static IReadOnlyDictionary<string, string> Of(Settings settings)
    {
        var values = ShownOption.All(settings).Where(option => option.Value is not null && IsShared(option.Path))
            .ToDictionary(option => option.Path, option => option.Value!, StringComparer.Ordinal);
        if (values.Keys.FirstOrDefault(path => settings.Root[path] is { } raw && !settings.SecretMask.Mask(raw).Equals(raw, StringComparison.Ordinal))
            is { } secret)
        {
            throw new CliException(ExitCode.Usage, $"--share: {secret} holds a secret, which workers may not be told. Put it into Secrets.");
        }

        return values.ContainsKey(InstructionsFile)
            ? throw new CliException(ExitCode.Usage, $"--share: {InstructionsFile} names a file of this machine. Put the text into Agent:Instructions.")
            : values;
    }

    /// <summary>The same as settings of a worker; its own <c>--set</c> wins.</summary>
    /// <exception cref="CliException">The run sets what it may not.</exception>
    public static Settings Apply(IReadOnlyDictionary<string, string> values, CliCall call)
    {
        if (values.Keys.FirstOrDefault(path => !IsShared(path) || path.Equals(InstructionsFile, StringComparison.OrdinalIgnoreCase)) is { } wrong)
        {
            throw new CliException(ExitCode.Usage, $"The shared run sets {wrong}, which is the worker's own.");
        }

        return call.Settings(values.Select(value => new FlagValue(value.Key, value.Value, "the shared run")));
    }

    private static bool IsShared(string path) =>
        !path.Equals(Seed, StringComparison.OrdinalIgnoreCase) && Sections.Any(section => path.StartsWith(section, StringComparison.OrdinalIgnoreCase));
}
