namespace GenAgent.Torch.Tokenizers.Formats;

/// <summary>Reads one added token as <c>tokenizer.json</c> writes it.</summary>
internal static class AddedTokenReader
{
    public static AddedToken Read(JsonSection token) => Read(token, token["id"].Int());

    public static AddedToken Read(JsonSection token, int id)
    {
        var content = token["content"].Text();
        return content.Length == 0
            ? throw token["content"].Fault("an added token cannot be empty.")
            : new AddedToken(id, content)
            {
                Special = token["special"].BoolOr(false),
                Normalized = token["normalized"].BoolOr(!token["special"].BoolOr(false)),
                SingleWord = token["single_word"].BoolOr(false),
                LeftStrip = token["lstrip"].BoolOr(false),
                RightStrip = token["rstrip"].BoolOr(false),
            };
    }
}
