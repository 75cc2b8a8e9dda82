using GenAgent.Dialects;
using GenAgent.Models;
using GenAgent.Protocol;
using Microsoft.Extensions.AI;

namespace GenAgent.Agents.Loop;

/// <summary>
/// The messages between agent and model. The model's own messages are kept as the objects that it returned: a client that knows
/// its tokens recognizes them, and nothing is ever written anew.
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

    /// <summary>How many characters of text the conversation has: what tokens are guessed from where the backend does not count them.</summary>
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

    /// <summary>Gives the model what a tool said.</summary>
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

    /// <summary>Forgets all after the first user turn.</summary>
    public void StartOver()
    {
        const int FirstTurns = 2;
        _messages.RemoveRange(FirstTurns, _messages.Count - FirstTurns);
        _openCalls.Clear();
        Characters = _messages.Sum(message => (long)message.Text.Length);
    }

    // Every call that a backend made must have its result before anything else is said.
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
