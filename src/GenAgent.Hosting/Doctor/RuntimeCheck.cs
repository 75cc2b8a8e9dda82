using System.ComponentModel;
using System.Runtime.InteropServices;

namespace GenAgent.Hosting.Doctor;

/// <summary>The .NET runtime, and the SDK where there is one.</summary>
public sealed class RuntimeCheck : ICheck
{
    /// <inheritdoc/>
    public string Name => ".NET";

    /// <inheritdoc/>
    public async Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var runtime = $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription} ({RuntimeInformation.RuntimeIdentifier})";
        var sdk = await SdkVersionAsync(cancellationToken);
        return sdk switch
        {
            null => Finding.Note($"{runtime}; no SDK", "Nothing is missing to run genagent. To build it, install the .NET 10 SDK."),
            { Major: < 10 } => Finding.Note($"{runtime}; SDK {sdk}", "To build genagent, install the .NET 10 SDK."),
            _ => Finding.Ok($"{runtime}; SDK {sdk}"),
        };
    }

    private static async Task<Version?> SdkVersionAsync(CancellationToken cancellationToken)
    {
        try
        {
            var output = await Tool.OutputAsync("dotnet", ["--version"], cancellationToken);
            return Version.TryParse(output?.Split('-')[0], out var version) ? version : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
