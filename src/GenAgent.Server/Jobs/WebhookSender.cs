using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GenAgent.Models.Http;
using GenAgent.Server.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server.Jobs;

/// <summary>
/// Tells the end of jobs to the addresses that their requests name, at least once: signed, without redirects, and never to a private address that the options
/// do not name. The address is checked when it is connected to, after its name is resolved.
/// </summary>
internal sealed partial class WebhookSender(
    Database database, JobTable table, WebhookAddress addresses, WebhookKey key, TimeProvider time, ILogger<WebhookSender> logger) : BackgroundService
{
    private const int Tries = 6;
    private const int AtOnce = 8;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var guard = new GuardedConnection { IsTrusted = addresses.IsNamed };
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectCallback = guard.ConnectAsync,
        };
        using var client = new HttpClient(handler) { Timeout = Limit, MaxResponseContentBufferSize = 1 << 16 };
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var due = await ClaimAsync(stoppingToken);
                await Task.WhenAll(due.Select(one => TellAsync(client, one.Id, one.Try, stoppingToken)));
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogFailure(failure);
            }
        }
    }

    // A try is counted before it is made, and the next one's time is set: a killed process neither forgets a webhook nor calls it without end.
    private async Task<List<(string Id, int Try)>> ClaimAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        const string Due = "webhook > 0 AND webhook_at <= @now";
        if ((await database.QueryAsync($"SELECT id FROM jobs WHERE {Due} LIMIT 1", row => row.GetString(0), cancellationToken, ("now", now))).Count == 0)
        {
            return [];
        }
        return await database.WriteAsync(
            session => session.QueryAsync(
                $"""
                UPDATE jobs SET webhook = webhook + 1, webhook_at = @now + 10000 * webhook * webhook
                WHERE id IN (SELECT id FROM jobs WHERE {Due} ORDER BY webhook_at LIMIT {AtOnce} {database.SkipLocked}) RETURNING id, webhook
                """,
                row => (row.Text("id"), (int)row.Number("webhook") - 1), ("now", now)),
            cancellationToken);
    }

    private async Task TellAsync(HttpClient client, string id, int number, CancellationToken cancellationToken)
    {
        if (await table.FindAsync(id, cancellationToken) is not { Request.Webhook: { } address } job) return;
        var told = false;
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(JobContract.Of(job), ServerJson.Options);
            var stamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.Add("webhook-id", id);
            request.Headers.Add("webhook-timestamp", stamp);
            request.Headers.Add("webhook-signature", $"v1,{key.Sign(id, stamp, body)}");
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            told = response.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or InvalidOperationException
            || (failure is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogUntold(failure, id, number);
        }

        if (told || number >= Tries)
        {
            await database.WriteAsync(session => session.ExecuteAsync("UPDATE jobs SET webhook = 0 WHERE id = @id", ("id", id)), CancellationToken.None);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Webhooks could not be sent.")]
    private partial void LogFailure(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The webhook of job {Job} failed, try {Number}.")]
    private partial void LogUntold(Exception failure, string job, int number);
}

/// <summary>Signs webhooks as Standard Webhooks does: HMAC-SHA256 of id, time and body.</summary>
/// <param name="secret">The secret that receivers know too.</param>
internal sealed class WebhookKey(byte[] secret)
{
    private const string Prefix = "whsec_";

    /// <summary>
    /// The secret of the configuration, as text or <c>whsec_</c> with base64; random without one, so that nobody can forge what nobody can check.
    /// </summary>
    public static WebhookKey Of(string? text) => new(text switch
    {
        null or "" => RandomNumberGenerator.GetBytes(32),
        _ when text.StartsWith(Prefix, StringComparison.Ordinal) => Convert.FromBase64String(text[Prefix.Length..]),
        _ => Encoding.UTF8.GetBytes(text),
    });

    public string Sign(string id, string stamp, ReadOnlySpan<byte> body) =>
        Convert.ToBase64String(HMACSHA256.HashData(secret, (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{stamp}."), .. body]));
}
