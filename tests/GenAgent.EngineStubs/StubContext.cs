using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GenAgent.Torch.Tokenizers;
using Microsoft.AspNetCore.Http;

namespace GenAgent.EngineStubs;

/// <summary>What all routes of a stub share.</summary>
/// <param name="Options">How it serves.</param>
/// <param name="Model">What it serves.</param>
public sealed record StubContext(StubOptions Options, StubModel Model)
{
    private readonly TaskCompletionSource _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The faults that can be switched on.</summary>
    public StubFaults Faults { get; } = new();

    /// <summary>Ends when an update of the weights hangs.</summary>
    public Task Hanging => _hanging.Task;

    /// <summary>What it was asked.</summary>
    public StubRecord Record { get; } = new();

    /// <summary>Writes a JSON answer, with the faults that an answer can have.</summary>
    /// <param name="http">The call.</param>
    /// <param name="body">The answer.</param>
    /// <param name="status">Its status.</param>
    public async Task AnswerAsync(HttpContext http, JsonNode body, int status = StatusCodes.Status200OK)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(body);
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString(JsonSerializerOptions.Web));
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        if (Faults.Take(StubFault.Garbage)) bytes = "<not json>"u8.ToArray();
        var (breaks, dies) = (Faults.Take(StubFault.BreakOff), Faults.Take(StubFault.Die));
        if (breaks || dies)
        {
            http.Response.ContentLength = bytes.Length;
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            if (dies) Environment.Exit(137);
            http.Abort();
            return;
        }

        if (Faults.Take(StubFault.Endless))
        {
            var spaces = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(spaces, http.RequestAborted);
            }
        }

        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    /// <summary>Hangs an update of the weights, if the fault is on, until its caller gives up.</summary>
    internal async Task HangUpdateAsync(HttpContext http)
    {
        if (!Faults.Take(StubFault.HangUpdate)) return;
        _hanging.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
    }

    /// <summary>Switches faults on: <c>{"BreakOff": 1, "Delay": 0.5}</c>, a count of answers each, the delay in seconds.</summary>
    /// <param name="faults">The faults.</param>
    /// <returns>The answer.</returns>
    internal IResult SetFaults(JsonObject faults)
    {
        foreach (var (name, value) in faults)
        {
            if (name is "Delay") Faults.Delay = TimeSpan.FromSeconds(value!.GetValue<double>());
            else Faults.Set(Enum.Parse<StubFault>(name), value!.GetValue<int>());
        }

        return Results.Ok();
    }

    /// <summary>The secret, the delay, and the refusals that come before a route.</summary>
    internal async Task GuardAsync(HttpContext http, RequestDelegate next)
    {
        var path = http.Request.Path.Value ?? string.Empty;
        if (path.StartsWith("/stub/", StringComparison.Ordinal) || path is "/tokenize")
        {
            await next(http);
            return;
        }

        var isGuarded = Options.Engine == StubEngine.Sglang ? !path.StartsWith("/health", StringComparison.Ordinal)
            : path.StartsWith("/v1/", StringComparison.Ordinal);
        if (Options.ApiKey is { } key && isGuarded && http.Request.Headers.Authorization != $"Bearer {key}")
        {
            await AnswerAsync(http, new JsonObject { ["error"] = "Unauthorized" }, StatusCodes.Status401Unauthorized);
            return;
        }

        if (path.StartsWith("/health", StringComparison.Ordinal))
        {
            http.Response.StatusCode = Faults.Take(StubFault.Unhealthy) ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            return;
        }

        if (Faults.Delay > TimeSpan.Zero) await Task.Delay(Faults.Delay, TimeProvider.System, http.RequestAborted);
        if (Faults.Take(StubFault.Overloaded))
        {
            await AnswerAsync(http, Fault("the server is overloaded", "ServiceUnavailable", 503), StatusCodes.Status503ServiceUnavailable);
        }
        else if (Faults.Take(StubFault.RateLimited))
        {
            http.Response.Headers.RetryAfter = "3600";
            await AnswerAsync(http, Fault("too many requests", "RateLimitError", 429), StatusCodes.Status429TooManyRequests);
        }
        else if (Faults.Take(StubFault.Refuse))
        {
            await AnswerAsync(http, Fault("this request is not taken", "BadRequestError", 400), StatusCodes.Status400BadRequest);
        }
        else
        {
            await next(http);
        }
    }

    /// <summary>An error as both engines write it.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="type">Its kind.</param>
    /// <param name="code">Its status.</param>
    /// <returns>The answer's body.</returns>
    public static JsonObject Fault(string message, string type, int code) => new()
    {
        ["error"] = new JsonObject { ["message"] = message, ["type"] = type, ["param"] = null, ["code"] = code },
    };

    /// <summary>Tokenizes a text, as both engines do.</summary>
    internal IResult Tokenize(JsonObject request)
    {
        var ids = Model.Tokenizer.Encode(request["prompt"]!.GetValue<string>());
        if (Faults.Take(StubFault.OtherTokenizer)) ids[^1] ^= 1;
        return Results.Json(new { count = ids.Count, max_model_len = Model.Engine.MaxTokens, tokens = ids });
    }

    /// <summary>The version of an answer, and what it is for the second half of its tokens.</summary>
    internal JsonArray Versions(string version, int tokens)
    {
        if (tokens < 2 || !Faults.Take(StubFault.SplitVersion)) return [Span(version, 0, tokens)];
        return [Span(version, 0, tokens / 2), Span(version + "+", tokens / 2, tokens)];
    }

    /// <summary>Changes the version without the weights, if the fault is on.</summary>
    internal async Task ChangeVersionAsync()
    {
        if (!Faults.Take(StubFault.ChangeVersion)) return;
        var next = int.TryParse(Model.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (number + 1).ToString(CultureInfo.InvariantCulture)
            : $"{Model.Version}+";
        await Model.UpdateAsync(static _ => { }, next);
    }

    private static JsonObject Span(string version, int start, int end) => new() { ["version"] = version, ["start"] = start, ["end"] = end };
}
