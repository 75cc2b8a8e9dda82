using System.Net;
using System.Net.Http.Headers;
using System.Text;
using GenAgent.Engines;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Models.Hub;
using Microsoft.Extensions.AI;

namespace GenAgent.Hosting.Doctor;

/// <summary>Whether a configured backend is known, can be made as it is named, and is there: a server answers, a folder exists, a model was pulled.</summary>
/// <param name="role">What the backend is for: <c>agent</c>, <c>generator</c>, <c>tool</c> or <c>judge</c>.</param>
/// <param name="uriOf">Its URI; null or empty for none.</param>
/// <param name="schemesOf">The kinds of backends that can have this role.</param>
public sealed class BackendCheck(string role, Func<BackendOptions, string?> uriOf, Func<BackendRegistry, IReadOnlyList<BackendScheme>> schemesOf) : ICheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public string Name => role;

    /// <summary>The option that names the backend.</summary>
    internal string Option { get; init; } = $"Backends:{char.ToUpperInvariant(role[0])}{role[1..]}";

    /// <inheritdoc/>
    public async Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        if (uriOf(context.Settings.Get<BackendOptions>(BackendOptions.SectionName)) is not { Length: > 0 } text)
        {
            return Finding.Note("none configured");
        }

        if (role is "judge" && context.Registry.JudgeSchemes.FirstOrDefault(known => known.Name.Equals(text, StringComparison.Ordinal)) is { } judge)
        {
            return Finding.Ok($"{text}: {judge.Description}");
        }

        var how = $"Set {Option} or use --{role}.";
        if (!BackendUri.TryParse(text, out var uri, out var error))
        {
            return Finding.Fault(error, how);
        }

        var schemes = schemesOf(context.Registry);
        if (schemes.FirstOrDefault(known => known.Name.Equals(uri.Scheme, StringComparison.Ordinal)) is not { } scheme)
        {
            return Finding.Fault($"{text}: \"{uri.Scheme}\" is not known here", $"{how} Known: {string.Join(", ", schemes.Select(known => known.Example))}.");
        }

        if (scheme.Form is BackendForm.Path)
        {
            return Folder(context, uri, scheme, how);
        }

        if (scheme.Form is BackendForm.Model)
        {
            return Pulled(context, uri, scheme);
        }

        // What needs no name beyond its scheme is small enough to be made here; making a server's client calls nothing.
        if (await MakeAsync(context, uri, how, cancellationToken) is { } wrong)
        {
            return wrong;
        }

        if (scheme.ProbePath is null || scheme.EndpointsOf(uri) is not { Count: > 0 } endpoints) return Finding.Ok($"{text}: loaded");
        var findings = await Task.WhenAll(endpoints.Select(endpoint => ProbeAsync(context, uri, scheme, endpoint, cancellationToken)));
        var worst = findings.MaxBy(finding => finding.Level)!;
        return scheme.TakesReplicas && worst.Level == FindingLevel.Ok ? await TryEngineAsync(context, uri, cancellationToken) : worst;
    }

    private static Finding Folder(CheckContext context, BackendUri uri, BackendScheme scheme, string how)
    {
        var folder = new BackendContext(uri, context.Settings.Root) { BaseFolder = context.Host.WorkingFolder }.FullPath(uri.Model!);
        return Directory.Exists(folder)
            ? Finding.Note($"{uri}: {scheme.Description}; {folder} is loaded when it is first used")
            : Finding.Fault($"{uri}: there is no folder {folder}", how);
    }

    private static Finding Pulled(CheckContext context, BackendUri uri, BackendScheme scheme)
    {
        var model = HubModel.Parse(uri.Model!);
        var cache = context.Host.HubOptions().CacheFolder;
        return new HubCache(cache).FindSnapshot(model) is not null
            ? Finding.Note($"{uri}: {scheme.Description}; loaded when it is first used")
            : Finding.Fault($"{uri}: {model} is not in {cache}", $"Pull it: genagent models pull hf:{model}");
    }

    // An engine that answers may still serve another model, prepare images in another way, or lack the routes of a rollout.
    private static async Task<Finding> TryEngineAsync(CheckContext context, BackendUri uri, CancellationToken cancellationToken)
    {
        using var client = await context.Registry.CreateChatClientAsync(uri.ToString(), cancellationToken);
        var reports = await client.GetService<EngineChatClient>()!.CheckAsync(cancellationToken);
        return reports.FirstOrDefault(report => report.Fault is not null) is { } wrong
            ? Finding.Fault(context.Settings.SecretMask.Mask(wrong.Fault!), "Correct the server, or what the agent's URI says of it (docs/scale.md).")
            : Finding.Ok($"{uri}: {string.Join("; ", reports)}");
    }

    // A parameter that is wrong, a workflow that cannot be read, a key that is missing: all this is told here, and not in the first run.
    private async Task<Finding?> MakeAsync(CheckContext context, BackendUri uri, string how, CancellationToken cancellationToken)
    {
        try
        {
            using IDisposable made = role is "generator" or "tool"
                ? await context.Registry.CreateImageGeneratorAsync(uri.ToString(), cancellationToken)
                : await context.Registry.CreateChatClientAsync(uri.ToString(), cancellationToken);
            return null;
        }
        catch (BackendUnavailableException e)
        {
            return Finding.Fault($"{uri} cannot be made", e.Message);
        }
        catch (Exception e) when (e is BackendUriException or BackendException or InvalidDataException)
        {
            return Finding.Fault(context.Settings.SecretMask.Mask(e.Message), how);
        }
    }

    private static async Task<Finding> ProbeAsync(CheckContext context, BackendUri uri, BackendScheme scheme, Uri endpoint, CancellationToken cancellationToken)
    {
        var address = new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/{scheme.ProbePath}");
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (new BackendContext(uri, context.Settings.Root).Secret(uri.Endpoint is null ? null : endpoint) is { } secret)
        {
            request.Headers.Authorization = scheme.UsesBasicAuthentication
                ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)))
                : new AuthenticationHeaderValue("Bearer", secret);
        }

        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Finding.Fault(
                    $"{uri}: {address} answers {(int)response.StatusCode}: it wants a key, or another one",
                    $"Set the environment variable GENAGENT_Secrets__{(uri.Endpoint is null ? uri.Scheme : "NAME")}"
                        + $"{(uri.Endpoint is null ? string.Empty : ", and name it with ?key=NAME")}."),
                >= HttpStatusCode.BadRequest => Finding.Fault(
                    $"{uri}: {address} answers {(int)response.StatusCode}",
                        "Something answers there, but not such a server: check the address, its port and its path."),
                _ => Finding.Ok($"{uri}: {address} answers"),
            };
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var why = e is TaskCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : e.Message;
            return Finding.Fault(
                $"{uri}: {address} cannot be reached: {why}",
                "Start the server, or correct the address; behind a container or a firewall, check that the port is open.");
        }
    }
}
