using GenAgent.Hosting.Configuration;

namespace GenAgent.Hosting.Doctor;

/// <summary>The generators of the configured tools: each is checked like the agent's own generator, and the worst finding counts.</summary>
public sealed class ToolsCheck : ICheck
{
    /// <inheritdoc/>
    public string Name => "tools";

    /// <inheritdoc/>
    public async Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        List<Finding> findings = [];
        foreach (var (name, uri) in context.Settings.Get<BackendOptions>(BackendOptions.SectionName).Tools)
        {
            var check = new BackendCheck("tool", _ => uri, registry => registry.ImageSchemes) { Option = $"Backends:Tools:{name}" };
            var found = await check.RunAsync(context, cancellationToken);
            findings.Add(found with { Detail = $"{name}: {found.Detail}" });
        }

        return findings.MaxBy(found => found.Level) is { } worst
            ? worst with { Detail = string.Join("; ", findings.Select(found => found.Detail)) }
            : Finding.Note("none configured");
    }
}
