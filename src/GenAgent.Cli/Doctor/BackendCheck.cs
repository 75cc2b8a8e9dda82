using System.Net;
using System.Net.Http.Headers;
using GenAgent.Cli.Composition;
using GenAgent.Cli.Configuration;
using GenAgent.Cli.Hosting;
using GenAgent.Models;

namespace GenAgent.Cli.Doctor;

/// <summary>Whether a configured backend is known and, being a server, answers.</summary>
internal sealed class BackendCheck(string role, Func<BackendOptions, string?> uriOf, Func<BackendRegistry, IReadOnlyList<BackendScheme>> schemesOf) : ICheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Name => role;

    public async Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken)
    {
        if (uriOf(context.Settings.Get<BackendOptions>(BackendOptions.SectionName)) is not { Length: > 0 } text)
        {
            return Finding.Note("none configured");
        }

        if (text.Equals(MiniatureWorld.Verifier, StringComparison.Ordinal))
        {
            return Finding.Ok($"{text}: reads pixels, needs nothing");
        }

        var how = $"Set Backends:{char.ToUpperInvariant(role[0])}{role[1..]} or use --{role}.";
        if (!BackendUri.TryParse(text, out var uri, out var error))
        {
            return Finding.Fault(error, how);
        }

        var schemes = schemesOf(context.Registry);
        if (schemes.FirstOrDefault(known => known.Name.Equals(uri.Scheme, StringComparison.Ordinal)) is not { } scheme)
        {
            return Finding.Fault($"{text}: \"{uri.Scheme}\" is not known here", $"{how} Known: {string.Join(", ", schemes.Select(known => known.Example))}.");
        }

        if ((uri.Endpoint ?? scheme.DefaultEndpoint, scheme.ProbePath) is ({ } endpoint, { } probe))
        {
            return await ProbeAsync(context, uri, endpoint, probe, cancellationToken);
        }

        // What needs no name beyond its scheme is small enough to be made here; other weights are loaded when they are needed.
        return scheme.Form == BackendForm.NameOnly ? await MakeAsync(context, text, cancellationToken) : Finding.Note($"{text}: {scheme.Description}; loaded when it is first used");
    }

    private async Task<Finding> MakeAsync(CheckContext context, string uri, CancellationToken cancellationToken)
    {
        try
        {
            using IDisposable made = role.Equals("generator", StringComparison.Ordinal)
                ? await context.Registry.CreateImageGeneratorAsync(uri, cancellationToken)
                : await context.Registry.CreateChatClientAsync(uri, cancellationToken);
            return Finding.Ok($"{uri}: loaded");
        }
        catch (CliException e)
        {
            return Finding.Fault($"{uri} cannot be made", e.Message);
        }
    }

    private static async Task<Finding> ProbeAsync(CheckContext context, BackendUri uri, Uri endpoint, string probe, CancellationToken cancellationToken)
    {
        var address = new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/{probe.TrimStart('/')}");
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (new BackendContext(uri, context.Settings.Root).Secret() is { } secret)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        }

        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return response.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Finding.Fault(
                    $"{uri}: {address} answers {(int)response.StatusCode}: it wants a key, or another one",
                    $"Set the environment variable GENAGENT_Secrets__{(uri.Endpoint is null ? uri.Scheme : "NAME")}{(uri.Endpoint is null ? string.Empty : ", and name it with ?key=NAME")}."),
                >= HttpStatusCode.BadRequest => Finding.Fault(
                    $"{uri}: {address} answers {(int)response.StatusCode}", "Something answers there, but not such a server: check the address, its port and its path."),
                _ => Finding.Ok($"{uri}: {address} answers"),
            };
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var why = e is TaskCanceledException ? $"no answer within {Patience.TotalSeconds:0} s" : e.Message;
            return Finding.Fault($"{uri}: {address} cannot be reached: {why}", "Start the server, or correct the address; behind a container or a firewall, check that the port is open.");
        }
    }
}
