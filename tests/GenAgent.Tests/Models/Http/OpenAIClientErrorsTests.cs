using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Models.Http;
using GenAgent.TestKit.Golden;

namespace GenAgent.Tests.Models.Http;

/// <summary>What OpenAI's own client makes of an error answer, ours must make of it too: how often it asks again, how long it waits, what it tells.</summary>
public class OpenAIClientErrorsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static TheoryData<string> Cases()
    {
        var lines = Recording.Lines("openai_client_errors.jsonl").Select(NameOf).ToArray();
        (lines.Length > 10 || !Recording.IsDefault).ShouldBeTrue("The repository's own recordings are missing.");
        return [.. lines.DefaultIfEmpty(string.Empty)];
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_error_answer_is_retried_and_told_as_the_official_client_does(string name)
    {
        var line = Recording.Lines("openai_client_errors.jsonl").Where((line, row) => NameOf(line, row) == name).FirstOrDefault();
        if (line is null)
        {
            return;
        }

        var answer = Exchange.Find(new JsonObject
        {
            ["request"] = new JsonObject { ["method"] = "POST", ["path"] = "/" },
            ["response"] = line.Need("made_up_response").DeepClone(),
        }, name);
        Assert.SkipWhen(answer is null || line["made_up_response"]!["headers"] is null, "the answer was not recorded in full");
        await using var server = await LoopbackServer.StartAsync(answer.AnswerAsync);
        var time = new ScriptedTime(wait => wait < Limit);
        var retries = line.Need("max_retries").GetValue<int>();
        var http = new BackendHttp("the server", new() { MaxRetries = retries, AttemptTimeout = Limit, TotalTimeout = Limit })
        {
            RepeatPosts = true,
            TimeProvider = time
        };
        using var client = http.CreateClient();

        var exception = await Should.ThrowAsync<BackendException>(async () => await client.PostAsync(server.Url, new StringContent("{}")));

        server.Requests.Count.ShouldBe(line.Need("requests_sent").GetValue<int>());
        exception.Status.ShouldBe(answer.Status);
        exception.Code.ShouldBe(line["code"]?.GetValue<string>() ?? line["type"]?.GetValue<string>());
        exception.GetType().ShouldBe(ExpectedType(line.Need("client_class").GetValue<string>(), exception.Code));
        if (answer.BodyText is var body && body.StartsWith("{\"error\": {", StringComparison.Ordinal))
        {
            exception.Message.ShouldContain(JsonNode.Parse(body)!["error"]!["message"]!.GetValue<string>());
        }

        // The recorded wait is a measured one, and where no header asks for it, a random one below half a second.
        if (line["waited_about_s"]?.GetValue<double>() is { } waited)
        {
            var wait = time.Waits.ShouldHaveSingleItem().TotalSeconds;
            var asked = answer.Headers.Any(header => header.Name.StartsWith("retry-after", StringComparison.OrdinalIgnoreCase));
            if (asked)
            {
                wait.ShouldBe(waited, tolerance: 0.02);
            }
            else
            {
                wait.ShouldBeInRange(0, 8);
            }
        }
        else
        {
            time.Waits.ShouldBeEmpty();
        }
    }

    private static string NameOf(JsonObject line, int row) => $"row {row} {line["note"]}";

    private static Type ExpectedType(string clientClass, string? code) => clientClass switch
    {
        _ when code is "moderation_blocked" => typeof(PromptRefusedException),
        "AuthenticationError" or "PermissionDeniedError" => typeof(BackendAuthenticationException),
        "RateLimitError" => typeof(RateLimitException),
        "InternalServerError" => typeof(BackendUnavailableException),
        "APIStatusError" when code is null => typeof(BackendUnavailableException),
        _ => typeof(BackendRejectedException),
    };
}
