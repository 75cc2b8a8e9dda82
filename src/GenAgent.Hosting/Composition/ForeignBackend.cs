using GenAgent.Hosting.Configuration;
using GenAgent.Models;

namespace GenAgent.Hosting.Composition;

/// <summary>
/// Backends that a file names, and not the user: a trajectory may come from anyone. Such a name opens models of this machine only; it
/// reaches no server, and no secret goes where it points.
/// </summary>
public static class ForeignBackend
{
    /// <summary>Refuses a name that the user did not give, in this call or in the configuration, and that is more than a local model.</summary>
    /// <param name="name">The name.</param>
    /// <param name="settings">What the user says.</param>
    /// <param name="registry">The backends that there are.</param>
    /// <param name="flag">How the user would say it.</param>
    /// <exception cref="OptionException">The name means a server, or asks for a secret.</exception>
    public static void Check(string name, Settings settings, BackendRegistry registry, string flag = "--generator ")
    {
        var named = settings.Get<BackendOptions>(BackendOptions.SectionName);
        if (named.Tools.Values.Concat([named.Generator, named.Agent, named.Judge]).Contains(name, StringComparer.Ordinal)
            || !BackendUri.TryParse(name, out var uri, out _))
        {
            return;
        }

        var scheme = registry.ImageSchemes.FirstOrDefault(scheme => scheme.Name.Equals(uri.Scheme, StringComparison.Ordinal));
        var isServer = uri.Endpoint is not null || scheme is { DefaultEndpoint: not null } or { ProbePath: not null };
        var isNetworkPath = uri.Model?.StartsWith("//", StringComparison.Ordinal) == true || uri.Model?.StartsWith(@"\\", StringComparison.Ordinal) == true;
        if (isServer || isNetworkPath || uri.Parameters.ContainsKey("key"))
        {
            throw new OptionException(
                $"The trajectory names the generator \"{name}\". A server that only a file names is not called, and gets no key. If you trust it, name it "
                    + $"yourself: {flag}\"{name}\"");
        }
    }
}
