using GenAgent.Hosting.Composition;
using GenAgent.Models;
using GenAgent.Validation;
using Microsoft.Extensions.Options;

namespace GenAgent.Hosting.DependencyInjection;

/// <summary>Checks ranges and the form of URIs. Whether a URI's kind is known is found when the backends are made.</summary>
internal sealed class GenAgentOptionsValidator : IValidateOptions<GenAgentOptions>
{
    public ValidateOptionsResult Validate(string? name, GenAgentOptions options)
    {
        var problems = OptionRules.FindProblems(options, string.Empty).Concat(Uris(options)).ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static IEnumerable<string> Uris(GenAgentOptions options)
    {
        (string Path, string? Uri)[] single =
            [("Backends:Agent", options.Backends.Agent), ("Backends:Generator", options.Backends.Generator), ("Backends:Judge", options.Backends.Judge)];
        foreach (var (path, uri) in single.Concat(options.Backends.Tools.Select(tool => ($"Backends:Tools:{tool.Key}", (string?)tool.Value))))
        {
            if (!string.IsNullOrEmpty(uri) && !BackendUri.TryParse(uri, out _, out var error)) yield return $"{path}: {error}";
        }
    }
}
