using System.ComponentModel.DataAnnotations;
using GenAgent.Validation;

namespace GenAgent.Tests.Validation;

public sealed class OptionRulesTests
{
    public enum Shape
    {
        Flat,
        Round,
    }

    public sealed record Part
    {
        [Range(0.0, 1.0)]
        public double Share { get; init; }
    }

    public sealed record Whole : IOptionRules
    {
        [Range(1, 1L << 40)]
        public long Bytes { get; init; } = 1;

        [Range(typeof(TimeSpan), "0:00:01", "0:01:00")]
        public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(2);

        [StringLength(3)]
        public string Name { get; init; } = "a";

        public Shape Shape { get; init; }

        public Part? Part { get; init; }

        public IReadOnlyList<Part> Parts { get; init; } = [];

        public IEnumerable<string> FindProblems(string path, Func<string, string> pathOf)
        {
            if (Parts.Count > 2) yield return $"{pathOf(nameof(Parts))} has {Parts.Count} parts.";
        }
    }

    public static TheoryData<Whole, string> Wrong() => new()
    {
        { new() { Bytes = (1L << 40) + 1 }, "W:Bytes is 1099511627777, but must be a whole number from 1 to 1099511627776." },
        { new() { Wait = TimeSpan.FromHours(1) }, "W:Wait is 01:00:00, but must be a duration from 0:00:01 to 0:01:00." },
        { new() { Name = "long" }, "W:Name's length is 4, but must be from 0 to 3." },
        { new() { Shape = (Shape)9 }, "W:Shape is 9, but must be one of flat, round." },
        { new() { Part = new() { Share = double.NaN } }, "W:Part:Share is NaN, but must be a number from 0 to 1." },
        { new() { Parts = [new(), new() { Share = 2 }] }, "W:Parts[1]:Share is 2, but must be a number from 0 to 1." },
        { new() { Parts = [new(), new(), new()] }, "W:Parts has 3 parts." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Every_kind_of_rule_names_path_value_and_what_is_allowed(Whole options, string problem) =>
        OptionRules.FindProblems(options, "W").ShouldBe([problem]);

    [Fact]
    public void Sound_options_have_no_problems_and_paths_are_written_as_in_JSON_where_asked()
    {
        OptionRules.FindProblems(new Whole { Part = new() { Share = 1 } }, "W").ShouldBeEmpty();
        OptionRules.FindProblems(new Whole { Part = new() { Share = 2 } }, string.Empty, OptionNames.Json).Single().ShouldStartWith("part.share is 2");
    }
}
