using GenAgent.Micro.Captions;

namespace GenAgent.Micro.Language;

/// <summary>A fact as used in requests. Immutable.</summary>
/// <param name="Kind"><c>n</c> for a number, <c>c</c> for a colour, <c>s</c> for a shape.</param>
/// <param name="Value">The number in digits, or the colour's or class's word.</param>
/// <param name="Text">The thing with this value, as in <c>legs of a cat</c>, <c>a ripe tomato</c>, <c>a doughnut</c>.</param>
/// <param name="Each">One of what is counted, as <c>leg of a cat</c>; null if it is not used.</param>
/// <param name="Owner">Whose parts are counted, as <c>a cat</c>; null for other facts.</param>
/// <param name="Parts">What is counted, as <c>legs</c>; null for other facts.</param>
/// <param name="Adjective">What stands before <c>-colored</c> or <c>-shaped</c>; null if it is not used.</param>
internal sealed record LanguageFact(
    char Kind, string Value, string Text, string? Each = null, string? Owner = null, string? Parts = null, string? Adjective = null)
{
    /// <summary>The number that it gives.</summary>
    public int Number => Kind == 'n' ? Value[0] - '0' : throw new InvalidOperationException($"The fact of {Text} gives no number.");

    /// <summary>What is asked: <c>number of legs of a cat</c>.</summary>
    public string Question => $"{Kind switch { 'n' => "number", 'c' => "color", _ => "shape" }} of {Text}";

    /// <summary>The fact with its answer, as the agent says it: <c>number of legs of a cat is four</c>.</summary>
    public string Statement => $"{Question} is {(Kind == 'n' ? WorldWords.Number(Number) : Value)}";

    /// <summary>A form of it; null where it has none.</summary>
    public string? Say(string form) => form switch
    {
        "" => Text,
        "each" => Each,
        "owner" => Owner,
        "parts" => Parts,
        _ => Adjective,
    };
}
