using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Storage;

namespace GenAgent.Hosting.Composition;

/// <summary>
/// Backends that a file or a shared run names, and not the user: a trajectory may come from anyone. Such a name opens models of this machine only; it
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
        if (IsNamed(name, settings) || !BackendUri.TryParse(name, out var uri, out _) || !ReachesOut(uri, registry)) return;
        throw new OptionException(
            $"The trajectory names the generator \"{name}\". A server that only a file names is not called, and gets no key. If you trust it, name it "
                + $"yourself: {flag}\"{name}\"");
    }

    /// <summary>
    /// Refuses a name of a shared run that the user of this worker did not give, and that is more than a model below the worker's folder.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="settings">What the worker's user says, without what the run says.</param>
    /// <param name="allowed">Names that the worker's user allows besides.</param>
    /// <param name="registry">The backends that there are.</param>
    /// <param name="folder">The worker's folder.</param>
    /// <exception cref="OptionException">The name means a server, asks for a secret, or leaves the folder.</exception>
    public static void CheckShared(string name, Settings settings, IEnumerable<string> allowed, BackendRegistry registry, string folder)
    {
        if (allowed.Contains(name, StringComparer.Ordinal) || IsNamed(name, settings) || !BackendUri.TryParse(name, out var uri, out _)) return;
        var what = ReachesOut(uri, registry) ? "A server that only a shared run names is not called, and gets no key."
            : LeavesFolder(uri, registry, folder) ? $"A shared run names models below the worker's folder ({folder}) only."
            : null;
        if (what is not null) throw new OptionException($"The shared run names \"{name}\". {what} If you trust it, name it yourself: --allow \"{name}\"");
    }

    private static bool IsNamed(string name, Settings settings)
    {
        var named = settings.Get<BackendOptions>(BackendOptions.SectionName);
        return named.Tools.Values.Concat([named.Generator, named.Agent, named.Judge]).Contains(name, StringComparer.Ordinal);
    }

    private static bool ReachesOut(BackendUri uri, BackendRegistry registry)
    {
        var isServer = uri.Endpoint is not null || uri.ToString().Contains("://", StringComparison.Ordinal)
            || SchemesOf(uri, registry).Any(scheme => scheme is { DefaultEndpoint: not null } or { ProbePath: not null });
        var isNetworkPath = uri.Model?.StartsWith("//", StringComparison.Ordinal) == true || uri.Model?.StartsWith(@"\\", StringComparison.Ordinal) == true;
        return isServer || isNetworkPath || uri.Parameters.ContainsKey("key");
    }

    private static bool LeavesFolder(BackendUri uri, BackendRegistry registry, string folder)
    {
        var isPath = uri.Scheme is BackendUri.FolderScheme || SchemesOf(uri, registry).Any(scheme => scheme.Form == BackendForm.Path);
        return uri.Parameters.Values.Any(value => value.AsSpan().ContainsAny('/', '\\') || value.Contains("..", StringComparison.Ordinal))
            || (isPath && (uri.Model!.StartsWith('~') || !InnerPath.IsInner(folder, uri.Model)));
    }

    private static IEnumerable<BackendScheme> SchemesOf(BackendUri uri, BackendRegistry registry) =>
        registry.ImageSchemes.Concat(registry.ChatSchemes).Concat(registry.JudgeSchemes)
            .Where(scheme => scheme.Name.Equals(uri.Scheme, StringComparison.Ordinal));
}
