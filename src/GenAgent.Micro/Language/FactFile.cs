using GenAgent.Micro.Captions;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Language;

/// <summary>Reads a <c>facts.tsv</c> (docs/language.md).</summary>
internal static class FactFile
{
    /// <summary>Reads the facts of a file.</summary>
    /// <exception cref="LanguageFormatException">A line is no fact.</exception>
    public static IReadOnlyList<LanguageFact> Parse(string name, string text)
    {
        List<LanguageFact> facts = [];
        var row = 0;
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            row++;
            if (line.StartsWith('#') || string.IsNullOrWhiteSpace(line))
                continue;
            var fields = line.Split('\t').Select(field => field.Trim()).ToArray();
            facts.Add(fields switch
            {
                ["has", var value, var owner, var parts, var part] when IsNumber(value) =>
                    new('n', value, $"{parts} of {owner}", $"{part} of {owner}", owner, parts),
                ["count", var value, var plural, var singular] when IsNumber(value) => new('n', value, plural, Or(singular)),
                ["color", var value, var thing, var adjective] when WorldWords.TryParse(value, out ShapeColor _) =>
                    new('c', value, thing, Adjective: Or(adjective)),
                ["shape", var value, var thing, var adjective] when WorldWords.TryParse(value, out ShapeClass _) =>
                    new('s', value, thing, Adjective: Or(adjective)),
                ["has" or "count" or "color" or "shape", var value, ..] when fields.Length == (fields[0] is "has" ? 5 : 4) =>
                    throw new LanguageFormatException(
                        name, row, fields[0].Length + 2, $"\"{value}\" is no {(fields[0] is "has" or "count" ? "number from 1 to 7" : fields[0])}."),
                _ => throw new LanguageFormatException(
                    name, row, 1,
                    "a fact is \"has VALUE OWNER PARTS PART\", \"count VALUE PLURAL SINGULAR\", \"color VALUE THING ADJECTIVE\" or \"shape VALUE THING "
                        + "ADJECTIVE\", with tabs between."),
            });
        }

        return facts;

        static bool IsNumber(string value) => value.Length == 1 && value[0] is >= '1' and <= '7';
        static string? Or(string form) => form is "-" or "" ? null : form;
    }
}
