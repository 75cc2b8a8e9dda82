using System.Text;
using GenAgent.Server.Http;
using GenAgent.Server.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Server.Security;

/// <summary>
/// Lets requests through whose API key allows them. The page itself and the health checks need none. A socket can change things, whatever its method.
/// </summary>
internal sealed class KeyMiddleware(RequestDelegate next, ServerMode mode, RequestRates rates, TimeProvider time)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public async Task InvokeAsync(HttpContext context)
    {
        var changes = context.WebSockets.IsWebSocketRequest || !(HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)
            || HttpMethods.IsOptions(context.Request.Method));
        if (!IsProtected(context.Request.Path, changes))
        {
            await next(context);
            return;
        }

        if (mode.NeedsKey)
        {
            var key = await FindAsync(context);
            if (key is null)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                await Problems.WriteAsync(
                    context, 401,
                    "This server needs an API key: send it as \"Authorization: Bearer KEY\". The server's owner makes one with: genagent keys add NAME");
                return;
            }

            var needed = changes ? KeyScopes.Generate : KeyScopes.Read;
            if (!key.Scopes.HasFlag(needed) && !key.Scopes.HasFlag(KeyScopes.Admin))
            {
                await Problems.WriteAsync(context, 403, $"This API key does not allow it: it lacks the scope \"{needed.ToString().ToLowerInvariant()}\".");
                return;
            }

            var caller = new Caller(key.Id, key.Scopes) { PerMinute = key.PerMinute };
            if (changes) rates.Take(caller);
            if (changes && key.ImagesPerDay is { } budget && await SpentAsync(context, key) >= budget)
            {
                await Problems.WriteAsync(context, 429, $"This API key's budget of {budget} images in 24 hours is spent.", retryAfter: 3600);
                return;
            }

            context.Features.Set(caller);
        }

        await next(context);
    }

    private Task<long> SpentAsync(HttpContext context, ApiKey key) =>
        context.RequestServices.GetRequiredService<JobTable>().SamplesSinceAsync(key.Id, time.GetUtcNow() - Day, context.RequestAborted);

    private static async Task<ApiKey?> FindAsync(HttpContext context)
    {
        return context.Request.Headers.Authorization is [{ } header] && KeyOf(header) is { } key
            ? await context.RequestServices.GetRequiredService<ApiKeys>().FindAsync(key, context.RequestAborted)
            : null;
    }

    // Clients of AUTOMATIC1111's API know user names and passwords alone: the password is the key.
    private static string? KeyOf(string header)
    {
        const string Bearer = "Bearer ";
        const string Basic = "Basic ";
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return header[Bearer.Length..].Trim();
        if (!header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)) return null;
        var decoded = new byte[header.Length];
        return Convert.TryFromBase64String(header[Basic.Length..].Trim(), decoded, out var length)
            && Encoding.UTF8.GetString(decoded, 0, length).Split(':', 2) is [_, var password]
            ? password
            : null;
    }

    // All that is not a look at the page: what a later part adds is protected unless it is named here.
    private bool IsProtected(PathString path, bool changes) =>
        !path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase) && !(mode.HasPage && !changes && Http.Page.IsOf(path));
}
