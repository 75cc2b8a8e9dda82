using GenAgent.Telemetry;
using Microsoft.Extensions.Configuration;

namespace GenAgent.Hosting.Configuration;

/// <summary>What is secret in the configuration, and the mask that takes it out of any text that is shown, logged or kept.</summary>
public static class Secrets
{
    /// <summary>The section whose values are never shown: a name and a secret each.</summary>
    public const string SectionName = "Secrets";

    /// <summary>What stands in place of a secret.</summary>
    public const string Blot = "***";

    /// <summary>Variables in which others already keep keys, and the option that each is; a variable of our own wins over them.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Common = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["OPENAI_API_KEY"] = $"{SectionName}:openai", ["AGL_KEY"] = $"{SectionName}:agl",
    };

    private static readonly string[] SecretWords = ["Secrets__", "ApiKey", "Api_Key", "Password", "AccessToken", "Access_Token"];

    /// <summary>The mask for everything that comes after the configuration is read.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <returns>A mask of the secrets of environment and configuration.</returns>
    public static SecretMask MaskOf(IConfiguration configuration) =>
        new(configuration.GetSection(SectionName).AsEnumerable().Select(pair => pair.Value).OfType<string>());

    /// <summary>The mask for errors that come before.</summary>
    /// <param name="host">The program's environment.</param>
    /// <returns>A mask of the secrets that the environment holds.</returns>
    public static SecretMask MaskOf(HostEnvironment host) => new(host.Environment.Where(pair => IsSecret(pair.Key)).Select(pair => pair.Value));

    /// <summary>Whether an option or a variable of that name holds a secret.</summary>
    /// <param name="name">An option's path or a variable's name.</param>
    /// <returns>True if it may not be shown.</returns>
    public static bool IsSecret(string name) =>
        name.StartsWith(SectionName + ":", StringComparison.OrdinalIgnoreCase) ||
        name.EndsWith("_TOKEN", StringComparison.OrdinalIgnoreCase) ||
        Common.ContainsKey(name) ||
        SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
}
