namespace GenAgent.Torch.Tokenizers.Models;

/// <summary>A vocabulary and its algorithm for encoding pieces of text. Thread-safe.</summary>
internal interface ITokenModel
{
    /// <summary>One more than the highest id.</summary>
    int IdLimit { get; }

    void Encode(string piece, ICollection<int> ids);

    /// <summary>The UTF-8 bytes that the id decodes to; null if it has no token.</summary>
    byte[]? BytesOf(int id);

    bool TryGetId(string token, out int id);

    string? TokenOf(int id);
}
