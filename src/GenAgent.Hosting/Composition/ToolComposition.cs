using GenAgent.Dialects;
using GenAgent.Models;
using GenAgent.Tools;
using Microsoft.Extensions.AI;

namespace GenAgent.Hosting.Composition;

/// <summary>The tools of the configuration, beside the agent's own generator. Owns their generators.</summary>
public sealed class ToolComposition : IDisposable
{
    private readonly Dictionary<string, IImageGenerator> _generators = new(StringComparer.Ordinal);

    private ToolComposition()
    {
    }

    /// <summary>The tools.</summary>
    public IReadOnlyList<AgentTool> Tools =>
        [.. _generators.Select(tool => Edits(tool.Key) ? AgentTool.Editor(tool.Value, tool.Key) : AgentTool.Generator(tool.Key, tool.Value))];

    /// <summary>The generators, by the names that a model of this dialect calls them by.</summary>
    /// <param name="dialect">The dialect of the model.</param>
    /// <returns>A generator for each tool.</returns>
    public IReadOnlyDictionary<string, IImageGenerator> ByCall(Dialect? dialect) => _generators.ToDictionary(
        tool => dialect is { HasFixedTools: true, Edit: { } edit } && tool.Key.Equals(AgentTool.EditImage, StringComparison.Ordinal) ? edit.Name : tool.Key,
        tool => tool.Value,
        StringComparer.Ordinal);

    /// <summary>Makes them, one after the other.</summary>
    /// <param name="registry">Makes the backends.</param>
    /// <param name="tools">The URI of each generator, by name.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <returns>The tools; the caller disposes them.</returns>
    /// <exception cref="BackendUriException">A URI cannot be read, or names an unknown kind of backend.</exception>
    /// <exception cref="ArgumentException">A name is none.</exception>
    public static async Task<ToolComposition> CreateAsync(
        BackendRegistry registry, IEnumerable<KeyValuePair<string, string>> tools, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(registry);
        ArgumentNullException.ThrowIfNull(tools);
        var composition = new ToolComposition();
        try
        {
            foreach (var (name, uri) in tools)
            {
                composition._generators.Add(name, await registry.CreateImageGeneratorAsync(uri, cancellationToken));
            }

            return composition;
        }
        catch
        {
            composition.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var generator in _generators.Values) generator.Dispose();
    }

    private static bool Edits(string name) => name.StartsWith("edit", StringComparison.OrdinalIgnoreCase);
}
