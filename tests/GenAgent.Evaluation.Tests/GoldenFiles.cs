using System.Text.Json;

namespace GenAgent.Evaluation.Tests;

/// <summary>Recorded figures: below tests/golden, or wherever GENAGENT_GOLDEN points.</summary>
internal static class GoldenFiles
{
    private const string Variable = "GENAGENT_GOLDEN";

    public static bool IsDefaultRoot => Environment.GetEnvironmentVariable(Variable) is null or "";

    public static string Root => IsDefaultRoot ? Path.Combine(Repository(), "tests", "golden") : Environment.GetEnvironmentVariable(Variable)!;

    /// <summary>Every file of this name, read.</summary>
    public static IReadOnlyList<JsonElement> All(string name)
    {
        var files = Directory.EnumerateFiles(Root, name, SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        if (IsDefaultRoot)
            files.ShouldNotBeEmpty($"{Root} has no {name}");
        return [.. files.Select(f => JsonDocument.Parse(File.ReadAllText(f)).RootElement)];
    }

    /// <summary>The cases of one kind in every file of this name; the default root must have some.</summary>
    public static IReadOnlyList<JsonElement> Cases(string name, string kind)
    {
        List<JsonElement> cases = [.. All(name).Where(f => f.TryGetProperty(kind, out _)).SelectMany(f => f.GetProperty(kind).EnumerateArray())];
        if (IsDefaultRoot)
            cases.ShouldNotBeEmpty($"{name} has no {kind}");
        return cases;
    }

    public static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "GenAgent.slnx")))
            folder = folder.Parent;
        return folder.ShouldNotBeNull("the tests run outside the repository").FullName;
    }

    public static double Number(this JsonElement element, string name)
    {
        var value = element.GetProperty(name);
        return value.ValueKind == JsonValueKind.String
            ? double.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : value.GetDouble();
    }

    /// <summary>Equal to one part in 10^12, or to an absolute tolerance near zero; a recorded infinity or NaN must be met exactly.</summary>
    public static void ShouldMatch(this double actual, double expected, string what, double absolute = 1e-14)
    {
        if (double.IsFinite(expected))
            actual.ShouldBe(expected, Math.Max(absolute, 1e-12 * Math.Abs(expected)), what);
        else
            actual.ShouldBe(expected, what);
    }
}
