using GenAgent.Hosting.Configuration;

namespace GenAgent.Cli.Doctor;

/// <summary>The generators of the configured tools: each is checked like the agent's own generator, and the worst finding counts.</summary>
internal sealed class ToolsCheck : ICheck
{
    public string Name => "tools";

    public async Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        foreach (var (name, uri) in context.Settings.Get<BackendOptions>(BackendOptions.SectionName).Tools)
        {
            var found = await new BackendCheck("tool", _ => uri, registry => registry.ImageSchemes).RunAsync(context, cancellationToken);
            findings.Add(found with { Detail = $"{name}: {found.Detail}", Fix = found.Fix?.Replace("Backends:Tool ", $"Backends:Tools:{name} ", StringComparison.Ordinal) });
        }

        return findings.Count == 0 ? Finding.Note("none configured") : new Finding(
            findings.Max(found => found.Level),
            string.Join("; ", findings.Select(found => found.Detail)),
            findings.MaxBy(found => found.Level)!.Fix);
    }
}
