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

    private static readonly string[] SecretWords = ["Secrets__", "ApiKey", "Api_Key", "Password", "AccessToken", "Access_Token"];

    /// <summary>The mask for everything that comes after the configuration is read.</summary>
    public static SecretMask MaskOf(IConfiguration configuration) =>
        new(configuration.GetSection(SectionName).AsEnumerable().Select(pair => pair.Value).OfType<string>());

    /// <summary>The mask for errors that come before.</summary>
    public static SecretMask MaskOf(HostEnvironment host) => new(host.Environment.Where(pair => IsSecret(pair.Key)).Select(pair => pair.Value));

    /// <summary>Whether an option or a variable of that name holds a secret.</summary>
    public static bool IsSecret(string name) =>
        name.StartsWith(SectionName + ":", StringComparison.OrdinalIgnoreCase) ||
        name.EndsWith("_TOKEN", StringComparison.OrdinalIgnoreCase) ||
        SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
}
