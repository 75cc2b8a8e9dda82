using GenAgent.Dialects;
using GenAgent.Models;
using GenAgent.Protocol;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>
/// The messages between agent and model. The model's messages are kept as the returned objects, so that a client that tracks tokens recognizes them and
/// does not encode them again.
/// </summary>
internal sealed class Conversation
{
    private readonly Dialect _dialect;
    private readonly List<ChatMessage> _messages;
    private readonly List<string> _openCalls = [];

    public Conversation(Dialect dialect, string instructions, string opening, IReadOnlyList<DataContent> originals)
    {
        _dialect = dialect;
        var first = new ChatMessage(ChatRole.User, [.. originals, new TextContent(opening)]);
        _messages = [new ChatMessage(ChatRole.System, instructions), dialect.OpeningInParts ? first.AsParts() : first];
        Characters = instructions.Length + opening.Length;
    }

    /// <summary>Number of characters of the conversation, used to estimate tokens if the backend does not count them.</summary>
    public long Characters { get; private set; }

    public ChatMessage[] Snapshot() => [.. _messages];

    public void AddTurn(IEnumerable<ChatMessage> messages, int characters)
    {
        Characters += characters;
        foreach (var message in messages)
        {
            _messages.Add(message);
            _openCalls.AddRange(message.Contents.OfType<FunctionCallContent>().Select(call => call.CallId));
        }
    }

    public void Show(DataContent image)
    {
        CloseCalls("The image follows in the next user turn.");
        Add(ToolResponse.Show(image, _dialect));
    }

    public void Report(string error) => Tell($"error: {error}");

    /// <summary>Adds a tool's text for the model.</summary>
    public void Tell(string text)
    {
        if (_openCalls.Count > 0)
        {
            CloseCalls(text);
        }
        else
        {
            Add(ToolResponse.Tell(text, _dialect));
        }
    }

    /// <summary>Removes everything after the first user turn.</summary>
    public void StartOver()
    {
        const int FirstTurns = 2;
        _messages.RemoveRange(FirstTurns, _messages.Count - FirstTurns);
        _openCalls.Clear();
        Characters = _messages.Sum(message => (long)message.Text.Length);
    }

    // Every native call must get its result before any other message.
    private void CloseCalls(string result)
    {
        if (_openCalls.Count > 0)
        {
            Characters += (long)result.Length * _openCalls.Count;
            _messages.Add(new ChatMessage(ChatRole.Tool, [.. _openCalls.Select(id => new FunctionResultContent(id, result))]));
            _openCalls.Clear();
        }
    }

    private void Add(ChatMessage message)
    {
        Characters += message.Text.Length;
        _messages.Add(message);
    }
}
