using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GenAgent.Trajectories;

namespace GenAgent.Server.Gateway;

/// <summary>A message of a recorded conversation; images by their content. Immutable.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Parts">Text and images, in order.</param>
internal sealed record RecordedMessage(string Role, IReadOnlyList<RecordedPart> Parts)
{
    /// <summary>How messages are kept, and compared.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The calls of tools, for an assistant's message with native calls; null for none.</summary>
    public IReadOnlyList<RecordedToolCall>? Calls { get; init; }

    /// <summary>Which call a message of a tool answers; null for none.</summary>
    public string? CallId { get; init; }

    /// <summary>Whether the message is an answer of a model.</summary>
    [JsonIgnore]
    public bool IsAnswer => Role is "assistant";

    /// <summary>All its text.</summary>
    [JsonIgnore]
    public string Text => string.Concat(Parts.Select(part => part.Text));

    /// <summary>All its images, in order.</summary>
    [JsonIgnore]
    public IEnumerable<ImageReference> Images => Parts.Where(part => part.Image is not null).Select(part => part.Image!);

    /// <summary>For each message a hash of the conversation up to its end.</summary>
    /// <param name="before">The hash of what came before; empty for nothing.</param>
    /// <param name="messages">The messages.</param>
    public static IReadOnlyList<string> Hashes(string before, IEnumerable<RecordedMessage> messages)
    {
        var hashes = new List<string>();
        foreach (var message in messages)
        {
            before = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{before}\n{JsonSerializer.Serialize(message, Json)}")));
            hashes.Add(before);
        }

        return hashes;
    }
}

/// <summary>A part of a message: exactly one of both.</summary>
/// <param name="Text">Text.</param>
/// <param name="Image">An image.</param>
internal sealed record RecordedPart(string? Text, ImageReference? Image = null);

/// <summary>A call of a tool in a backend's own form.</summary>
/// <param name="Id">The call's id; null for none.</param>
/// <param name="Name">The tool's name.</param>
/// <param name="Arguments">The arguments, as the model wrote them.</param>
internal sealed record RecordedToolCall(string? Id, string Name, string Arguments);
