using System.Text;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tests.Qwen25VL;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Torch.Tests.Chat;

/// <summary>One id a byte, and the control tokens of a chat: enough for conversations with a tiny model.</summary>
internal sealed class ToyTokenizer : ITokenizer
{
    private static readonly string[] Control = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|endoftext|>"];

    public int IdLimit => 256 + Control.Length;

    public IReadOnlyDictionary<string, AddedToken> AddedTokens { get; } = new Dictionary<string, AddedToken>(StringComparer.Ordinal);

    public static Qwen25VLConfig Config()
    {
        var tiny = Tiny.Config();
        return tiny with
        {
            Text = tiny.Text with { VocabularySize = 280, MaxPositions = 2048 },
            VisionStartTokenId = 258, VisionEndTokenId = 259, ImageTokenId = 260, VideoTokenId = 279,
        };
    }

    public void Encode(string text, ICollection<int> ids, AddedTokenMode mode = AddedTokenMode.Parse)
    {
        mode.ShouldNotBe(AddedTokenMode.Parse, "conversations must not read control tokens out of text");
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            ids.Add(one);
        }
    }

    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = false) =>
        string.Concat(ids.Select(id => id < 256 ? ((char)id).ToString() : skipSpecialTokens ? "" : TokenOf(id)));

    public IncrementalDecoder StartDecoding(bool skipSpecialTokens = false) =>
        new(id => id < 256 ? [(byte)id] : skipSpecialTokens ? null : Encoding.UTF8.GetBytes(TokenOf(id) ?? ""), DecoderStyle.Plain);

    public bool TryGetId(string token, out int id)
    {
        id = 256 + Array.IndexOf(Control, token);
        return id >= 256;
    }

    public string? TokenOf(int id) => id < 256 ? ((char)id).ToString() : id < IdLimit ? Control[id - 256] : null;
}
