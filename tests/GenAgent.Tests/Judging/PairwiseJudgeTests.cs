using GenAgent.Judging;

namespace GenAgent.Tests.Judging;

public sealed class PairwiseJudgeTests
{
    private static readonly PairwiseRequest Pair = new("a red cat", FixedJudge.Image(1), FixedJudge.Image(2));

    private static ScriptedChat Preferring(Func<byte, byte, string> better) => new(asked =>
    {
        var shown = asked.Images.Select(image => image.Data.Span[0]).ToArray();
        return $$"""{"reason":"seen {{shown[0]}} then {{shown[1]}}","better":"{{better(shown[0], shown[1])}}"}""";
    });

    [Theory]
    [InlineData(1, Winner.First)]
    [InlineData(2, Winner.Second)]
    public async Task The_image_preferred_in_both_orders_wins(byte favourite, Winner expected)
    {
        var judge = new PairwiseJudge(Preferring((a, _) => a == favourite ? "A" : "B"));

        var preference = (await judge.CompareAsync(Pair)).ShouldBeOfType<Preference>();

        preference.Winner.ShouldBe(expected);
        preference.Judge.ShouldBe("pairwise/1@tiny-judge");
        preference.Reason.ShouldBe("seen 1 then 2");
    }

    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    [InlineData("tie")]
    public async Task A_taste_for_a_position_counts_as_a_tie(string always)
    {
        var chat = Preferring((_, _) => always);

        (await new PairwiseJudge(chat).CompareAsync(Pair)).ShouldBeOfType<Preference>().Winner.ShouldBe(Winner.Tie);

        chat.Requests.Select(asked => asked.Images.First().Data.Span[0]).Order().ShouldBe(new byte[] { 1, 2 });
    }

    [Fact]
    public async Task A_comparison_that_fails_in_one_order_is_no_preference()
    {
        var judge = new PairwiseJudge(Preferring((a, _) => a == 1 ? "A" : throw new IOException("the line went dead")));

        (await judge.CompareAsync(Pair)).ShouldBeOfType<NoPreference>().Error.ShouldContain("the line went dead");
    }

    [Fact]
    public async Task A_winner_that_is_neither_A_nor_B_is_no_preference()
    {
        var judge = new PairwiseJudge(Preferring((_, _) => "C"));

        (await judge.CompareAsync(Pair)).ShouldBeOfType<NoPreference>();
    }
}
