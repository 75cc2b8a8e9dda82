using System.Text.RegularExpressions;

namespace GenAgent.Torch.Safetensors;

/// <summary>
/// The keys of PEFT's <c>rank_pattern</c> and <c>alpha_pattern</c>: regular expressions that match the end of a layer's name from a dot on, or all of it
/// (PEFT's <c>get_pattern_key</c>, <c>(.*\.)?(KEY)$</c>).
/// </summary>
internal static class PeftPattern
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The value of the first key that matches a layer's name.</summary>
    /// <param name="patterns">Values by key, in the order of the file.</param>
    /// <param name="name">The name of the layer.</param>
    /// <param name="otherName">The name that it has in older versions of the same library.</param>
    /// <param name="value">The value, where there is one.</param>
    public static bool Find<T>(IEnumerable<KeyValuePair<string, T>> patterns, string name, string otherName, out T value)
    {
        foreach (var (key, own) in patterns)
        {
            if (Matches(key, name) || Matches(key, otherName))
            {
                value = own;
                return true;
            }
        }

        value = default!;
        return false;
    }

    /// <summary>Fails if a key is no regular expression.</summary>
    /// <exception cref="InvalidDataException">It is none; the message names it.</exception>
    public static void Check(string key) => Matches(key, string.Empty);

    private static bool Matches(string key, string name)
    {
        try
        {
            return Regex.IsMatch(name, $"^(.*\\.)?({key})$", RegexOptions.CultureInvariant, Patience);
        }
        catch (RegexParseException fault)
        {
            throw new InvalidDataException($"the pattern \"{key}\" is no regular expression: {fault.Message}", fault);
        }
        catch (RegexMatchTimeoutException fault)
        {
            throw new InvalidDataException($"the pattern \"{key}\" takes too long to match.", fault);
        }
    }
}
