using CsCheck;
using GenAgent.Cli.Screens;
using Spectre.Console;
using Spectre.Console.Testing;

namespace GenAgent.Cli.Tests.Screens;

public sealed class TextFlowTests
{
    private static string[] Write(int width, int indent, params string[] pieces)
    {
        using var console = new TestConsole().Width(width);
        console.Write(new Text(new string(' ', indent)));
        var flow = new TextFlow(console, indent, Style.Plain);
        foreach (var piece in pieces)
        {
            flow.Append(piece);
        }

        flow.End();
        return console.Output.TrimEnd('\n').Split('\n');
    }

    [Fact]
    public void Words_are_kept_whole_and_lines_indented() =>
        Write(20, 4, "the quick brown fox jumps").ShouldBe(["    the quick brown", "    fox jumps"]);

    [Fact]
    public void A_word_longer_than_a_line_is_cut_where_the_line_ends() =>
        Write(20, 4, "see https://example.org/a/long/path now").ShouldBe(["    see", "    https://example", "    .org/a/long/pat", "    h now"]);

    [Fact]
    public void Wide_characters_count_as_two_cells() =>
        Write(12, 0, "猫猫猫猫猫猫 犬").ShouldBe(["猫猫猫猫猫", "猫 犬"]);

    [Fact]
    public void Empty_lines_of_a_model_take_no_room() =>
        Write(40, 2, "\n\nfirst\n\n\nsecond\n\n").ShouldBe(["  first", "  second"]);

    [Fact]
    public void Text_that_streams_in_looks_the_same_wherever_it_is_cut()
    {
        const string text = "A red cat sits on a blue chair,\nso both colours must be named: https://example.org/with/a/very/long/address 猫と犬 done.";
        Gen.Int[0, text.Length].Array[0, 6].Sample(cuts =>
        {
            int[] bounds = [0, .. cuts.Order(), text.Length];
            Write(30, 5, [.. bounds.Zip(bounds.Skip(1), (from, to) => text[from..to])]).ShouldBe(Write(30, 5, text));
        }, iter: 200);
    }

    [Fact]
    public void No_line_is_wider_than_the_terminal() =>
        Gen.Select(Gen.String[Gen.Char["ab 猫\n-"], 0, 120], Gen.Int[12, 60], Gen.Int[0, 3]).Sample((text, width, indent) =>
            Write(width, indent, text).ShouldAllBe(line => line.GetCellWidth() < width), iter: 300);
}
