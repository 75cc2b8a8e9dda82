using System.Text;
using System.Text.Json;
using GenAgent.Storage;
using Microsoft.Extensions.AI;

namespace GenAgent.Models.Chat;

/// <summary>Assembles a tool call: with or without id, index and type, its arguments in pieces of text or as an object.</summary>
internal sealed class CallPieces
{
    // The arguments' name in OpenAI's protocol, and those that other servers give them.
    private static readonly string[] ArgumentNames = ["arguments", "parameters", "input", "args"];
    private static readonly string[] Own = ["index", "id", "type", "function", "custom", "name", .. ArgumentNames];

    private readonly StringBuilder _arguments = new();
    private readonly Dictionary<string, JsonElement> _extras = new(StringComparer.Ordinal);
    private readonly int? _index;
    private string? _id;
    private string? _name;

    private CallPieces(int? index) => _index = index;

    /// <summary>Whether the name of the called tool has arrived.</summary>
    public bool IsNamed => !string.IsNullOrEmpty(_name);

    /// <summary>Adds a piece of one of the calls.</summary>
    public static void Take(List<CallPieces> calls, JsonElement piece)
    {
        var function = JsonText.Member(piece, "function") is { ValueKind: JsonValueKind.Object } inner ? inner
            : JsonText.Member(piece, "custom") is { ValueKind: JsonValueKind.Object } custom ? custom : piece;
        var id = JsonText.Member(piece, "id") switch
        {
            { ValueKind: JsonValueKind.String } text => JsonText.StringOf(text),
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            _ => null,
        };
        var name = ChatReader.Text(JsonText.Member(function, "name"));
        int? index = JsonText.Member(piece, "index") is { ValueKind: JsonValueKind.Number } at && at.TryGetInt32(out var place) ? place : null;
        var call = Find(calls, index, string.IsNullOrEmpty(id) ? null : id, string.IsNullOrEmpty(name) ? null : name);
        call._id ??= string.IsNullOrEmpty(id) ? null : id;
        call.TakeName(name);
        switch (ArgumentNames.Select(known => JsonText.Member(function, known)).FirstOrDefault(value => value.ValueKind != JsonValueKind.Undefined))
        {
            case { ValueKind: JsonValueKind.String } text:
                call._arguments.Append(JsonText.WithHalves(text));
                break;
            case { ValueKind: JsonValueKind.Object or JsonValueKind.Array } whole:
                call._arguments.Clear().Append(whole.GetRawText());
                break;
        }

        foreach (var extra in piece.EnumerateObject()
            .Where(member => !Own.Contains(member.Name, StringComparer.Ordinal) && member.Value.ValueKind != JsonValueKind.Null))
        {
            call._extras[extra.Name] = extra.Value.Clone();
        }
    }

    /// <summary>The complete call; if the arguments are not a JSON object, it has an exception.</summary>
    public FunctionCallContent ToContent()
    {
        // A call without an id gets a generated one, because the result must refer to its call: nine letters and digits, since Mistral takes no other.
        var call = new FunctionCallContent(_id ?? $"{Guid.NewGuid():N}"[..9], _name!);
        try
        {
            call.Arguments = CallArguments.Read(JsonText.Whole(_arguments.ToString()));
        }
        catch (JsonException broken)
        {
            call.Exception = broken;
        }

        if (_extras.Count > 0)
        {
            call.AdditionalProperties = new() { [ChatRequest.ExtrasKey] = _extras };
        }

        return call;
    }

    private static CallPieces Find(List<CallPieces> calls, int? index, string? id, string? name)
    {
        // Some servers give every call the index 0, so a different id means a different call; others give every piece another id, so a call begins with a
        // name.
        var call = id is not null && calls.Find(call => string.Equals(call._id, id, StringComparison.Ordinal)) is { } same ? same
            : index is not null
                ? calls.FindLast(call => call._index == index && (id is null || call._id is null || name is null)
                        && !(id is null && name is not null && call.IsWhole))
                    ?? (id is null && name is null ? calls.LastOrDefault() : null)
            : name is null ? calls.LastOrDefault()
            : null;
        if (call is null)
        {
            calls.Add(call = new CallPieces(index));
        }

        return call;
    }

    // Servers that number every call 0 and give none an id: a name after whole arguments begins the next call.
    private bool IsWhole => _arguments.Length > 0 && CallArguments.IsObject(_arguments.ToString());

    // Some servers repeat the name with every piece, some send it in pieces.
    private void TakeName(string? piece)
    {
        if (string.IsNullOrEmpty(piece)) return;
        var isContinued = !string.IsNullOrEmpty(_name) && _arguments.Length == 0 && !piece.StartsWith(_name, StringComparison.Ordinal);
        _name = isContinued ? _name + piece : piece;
    }
}
