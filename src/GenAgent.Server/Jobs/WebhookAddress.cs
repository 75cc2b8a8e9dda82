using System.Net;
using GenAgent.Models.Http;

namespace GenAgent.Server.Jobs;

/// <summary>
/// Which addresses webhooks may call: HTTP or HTTPS, by name or public address; hosts with a private address only where the options name them.
/// </summary>
internal sealed class WebhookAddress(ServerOptions options)
{
    private const int Longest = 2000;

    private readonly HashSet<string> _named = new(
        (options.WebhookHosts ?? string.Empty).Split(
            ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the options allow the host whatever its address.</summary>
    public bool IsNamed(string host) => _named.Contains(host);

    /// <summary>Checks what can be checked without asking anybody; the address itself is checked when the webhook is called.</summary>
    /// <exception cref="RefusedException">It is no such address.</exception>
    public void Check(string webhook)
    {
        if (webhook.Length > Longest || !Uri.TryCreate(webhook, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || uri.UserInfo.Length > 0)
        {
            throw RefusedException.BadField("webhook", "\"webhook\" must be an http or https address without a user name, of at most 2000 characters.");
        }

        if (!IsNamed(uri.DnsSafeHost) && IPAddress.TryParse(uri.DnsSafeHost, out var address) && !PublicAddress.IsPublic(address))
        {
            throw RefusedException.BadField(
                "webhook", "\"webhook\" is a private address. Only hosts that the server's option Server:WebhookHosts names may have one.");
        }
    }
}
