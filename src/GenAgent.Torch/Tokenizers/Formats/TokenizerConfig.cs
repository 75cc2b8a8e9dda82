using System.Globalization;
using System.Text.Json;

namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>What <c>tokenizer_config.json</c> and <c>special_tokens_map.json</c> say about special tokens.</summary>
internal sealed class TokenizerConfig
{
    private static readonly string[] Roles = ["bos_token", "eos_token", "unk_token", "pad_token"];

    private readonly Dictionary<string, AddedToken> _described = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _roles = new(StringComparer.Ordinal);

    /// <summary>The tokens that the config gives ids for.</summary>
    public List<AddedToken> AddedTokens { get; } = [];

    /// <summary>The reference's class name, empty where it is not given.</summary>
    public string TokenizerClass { get; private set; } = "";

    /// <summary>Reads what is there in a folder; nothing need be.</summary>
    /// <exception cref="InvalidDataException">A file breaks the format; says where.</exception>
    public static TokenizerConfig Read(string folder)
    {
        var config = new TokenizerConfig();
        foreach (var name in new[] { "special_tokens_map.json", "tokenizer_config.json" })
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                config.Add(JsonSection.Read(path));
            }
        }

        return config;
    }

    /// <summary>The content of the token of a role such as <c>bos_token</c>, or null.</summary>
    public string? Content(string role) => _roles.GetValueOrDefault(role);

    /// <summary>The token of a role, with the flags that the files give it.</summary>
    public AddedToken? Token(string role, Func<string, int?> idOf)
    {
        if (Content(role) is not { } content || idOf(content) is not { } id)
        {
            return null;
        }

        return AddedTokens.Find(token => string.Equals(token.Content, content, StringComparison.Ordinal))
            ?? _described.GetValueOrDefault(content, new AddedToken(id, content)) with { Id = id, Special = true };
    }

    private void Add(JsonSection root)
    {
        TokenizerClass = root["tokenizer_class"].TextOr(TokenizerClass);
        foreach (var role in Roles)
        {
            var section = root[role];
            if (section.Element.ValueKind == JsonValueKind.Object)
            {
                var token = AddedTokenReader.Read(section, id: 0);
                _described[token.Content] = token;
                _roles[role] = token.Content;
            }
            else if (!section.IsNull)
            {
                _roles[role] = section.Text();
            }
        }

        if (root["added_tokens_decoder"].IsNull)
        {
            return;
        }

        foreach (var (id, token) in root["added_tokens_decoder"].Members())
        {
            AddedTokens.Add(int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < int.MaxValue
                ? AddedTokenReader.Read(token, number)
                : throw token.Fault("the name must be an id."));
        }
    }
}
