namespace GenAgent.Torch.Tokenizers.Models;

/// <summary>A vocabulary and the rule by which pieces of text become its ids. Thread-safe.</summary>
internal interface ITokenModel
{
    /// <summary>One more than the highest id.</summary>
    int IdLimit { get; }

    void Encode(string piece, ICollection<int> ids);

    /// <summary>What the id adds to decoded text, in UTF-8; null where it has no token.</summary>
    byte[]? BytesOf(int id);

    bool TryGetId(string token, out int id);

    string? TokenOf(int id);
}
