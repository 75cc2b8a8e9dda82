using System.Text.Json.Nodes;
using GenAgent.Tests.Models.Http;

namespace GenAgent.Tests.Generators.ComfyUI;

/// <summary>How a recorded job ended, as a frame or the history told it.</summary>
/// <param name="Type"><c>execution_success</c>, <c>execution_error</c> or <c>execution_interrupted</c>.</param>
/// <param name="Told">What was told with it.</param>
internal sealed record RecordedEnd(string Type, JsonObject Told)
{
    private static readonly string[] Types = ["execution_success", "execution_error", "execution_interrupted"];

    public bool IsSuccess => Type == Types[0];

    public bool IsError => Type == Types[1];

    /// <summary>The end that a frame tells of a job, or null.</summary>
    public static RecordedEnd? Of(SocketFrame frame, string promptId) =>
        Types.FirstOrDefault(type => frame.Is(type, promptId)) is { } type ? new(type, frame.Json!["data"]!.AsObject()) : null;

    /// <summary>The end that an answer of <c>/history</c> tells of a job, or null where it had not ended.</summary>
    public static RecordedEnd? OfHistory(Exchange exchange, string promptId)
    {
        if (!exchange.Path.StartsWith($"/history/{promptId}", StringComparison.Ordinal) || exchange.Status != 200
            || JsonNode.Parse(exchange.Body)?[promptId] is not JsonObject entry)
        {
            return null;
        }
        var told = (entry["status"]?["messages"]?.AsArray() ?? []).Select(message => (Type: message![0]!.GetValue<string>(), Data: message[1]!.AsObject()));
        return told.Where(message => Types.Contains(message.Type)).Select(message => new RecordedEnd(message.Type, message.Data)).FirstOrDefault();
    }
}
