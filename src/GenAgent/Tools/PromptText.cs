namespace GenAgent.Tools;

/// <summary>The rules for prompts of users and models.</summary>
internal static class PromptText
{
    /// <summary>What is wrong with the prompt, as the rest of a sentence that begins with its name; or null.</summary>
    public static string? Check(string prompt, int maxCharacters)
    {
        if (string.IsNullOrWhiteSpace(prompt))
        {
            return "is empty: say what the image should show.";
        }

        if (prompt.Length > maxCharacters)
        {
            return $"has {prompt.Length} characters, but at most {maxCharacters} are allowed.";
        }

        for (var i = 0; i < prompt.Length; i++)
        {
            if (char.IsControl(prompt[i]) && prompt[i] is not ('\n' or '\r' or '\t'))
            {
                return $"holds the control character U+{(int)prompt[i]:X4} at character {i}: remove it.";
            }
        }

        return null;
    }
}
