using GenAgent.Micro.Language;

namespace GenAgent.Micro.Tests.Language;

public sealed class FrameFileTests
{
    [Theory]
    [InlineData("a red star => 1 red star", 1, 1, "section")]
    [InlineData("== frames", 1, 4, "no section \"frames\"")]
    [InlineData("== np\n{G1} and {c1", 2, 13, "a frame of this section needs a meaning")]
    [InlineData("== np\na {c1 {s1} => 1 c1 s1", 2, 3, "no slot {c1 {s1}")]
    [InlineData("== np\na {c1} {s1 => 1 c1 s1", 2, 8, "never closed")]
    [InlineData("== np\na {c1} {s1} => 1 c2 s1", 2, 15, "names c2")]
    [InlineData("== np\n{G1} and {G2} => G1", 2, 1, "but the meaning does not use it")]
    [InlineData("== np\na {s1} => 1 huge s1", 2, 11, "\"huge\" is no part of a group")]
    [InlineData("== np\na {s1} => one s1", 2, 11, "\"one\" is no number")]
    [InlineData("== np\na {s1} => 1 s1 @top", 2, 11, "no place \"@top\"")]
    [InlineData("== np\n{G1}, {G2} => G1; G2; bg=blue", 2, 23, "no background \"blue\"")]
    [InlineData("== outside\na cat => decline animal", 2, 10, "no reason \"animal\"")]
    [InlineData("== group\na {c} {s}", 2, 1, "needs its number in brackets")]
    [InlineData("# words\n== group\n[two] {c} {ss}", 3, 1, "a number in brackets")]
    public void An_error_names_file_line_and_column(string text, int line, int column, string problem)
    {
        var fault = Should.Throw<LanguageFormatException>(() => FrameFile.Parse("w1/plain.frames", text));

        fault.Message.ShouldStartWith($"w1/plain.frames({line},{column}): ");
        fault.Message.ShouldContain(problem);
    }

    [Fact]
    public void A_frame_keeps_its_text_its_meaning_and_where_it_stands()
    {
        var frame = FrameFile.Parse(
            "w1/places.frames",
            "# by hand\n== np\n{P1} above {n1} {large} {c1} {s1s} => P1 above; n1+1 large c1 s1 below @row3:top; not c2; bg=white".Replace(
                " not c2;", "", StringComparison.Ordinal)).ShouldHaveSingleItem();

        frame.Source.ShouldBe("w1/places.frames(3)");
        frame.Topic.ShouldBe("places");
        frame.Text.Slots.Select(s => s.ToString()).ShouldBe(["{P1}", "{n1}", "{large}", "{c1}", "{s1s}"]);
        frame.Meaning.Groups[0].ShouldBe(new GroupTemplate("P1", null, null, null, null, "above", null));
        frame.Meaning.Groups[1].Count.ShouldBe(new CountExpression("n1", '+', "1"));
        frame.Meaning.Groups[1].Place!.Cells.ShouldBe(["top-left", "top-center", "top-right"]);
        frame.Meaning.Canvas.ShouldBe("white");
    }

    [Fact]
    public void What_the_text_takes_back_is_said_so() =>
        FrameFile.Parse("w1/negation.frames", "== np\n{G1}, or no, {G2} => G2; revoked G1")
            .ShouldHaveSingleItem().Meaning.Groups
            .ShouldHaveSingleItem().Group
            .ShouldBe("G2");

    [Theory]
    [InlineData("has\t8\tan octopus\tarms\tarm", 1, 5, "\"8\" is no number from 1 to 7")]
    [InlineData("# x\ncolor\tteal\ta pond\t-", 2, 7, "\"teal\" is no color")]
    [InlineData("color red a tomato", 1, 1, "with tabs between")]
    public void An_error_in_a_fact_names_file_line_and_column(string text, int line, int column, string problem)
    {
        var fault = Should.Throw<LanguageFormatException>(() => FactFile.Parse("w1/facts.tsv", text));

        fault.Message.ShouldStartWith($"w1/facts.tsv({line},{column}): ");
        fault.Message.ShouldContain(problem);
    }

    [Fact]
    public void An_error_in_the_lexicon_names_file_and_line() =>
        Should.Throw<LanguageFormatException>(() => Lexicon.Parse("lexicon.tsv", "class\tcircle\tmany\tdot")).Message.ShouldStartWith("lexicon.tsv(1,1): ");
}
