using GenAgent.Micro.Facts;
using GenAgent.Micro.Scenes;

namespace GenAgent.Micro.Tests.Facts;

public sealed class FactTableTests
{
    [Fact]
    public void There_are_hundreds_of_facts_and_every_domain_has_enough_of_each_kind_to_compose_prompts()
    {
        FactTable.All.Count.ShouldBeGreaterThanOrEqualTo(300);
        foreach (var domain in Enum.GetValues<KnowledgeDomain>())
        {
            FactTable.Of(domain, FactKind.Number).Count.ShouldBeGreaterThanOrEqualTo(20, domain.ToString());
            FactTable.Of(domain, FactKind.Color).Count.ShouldBeGreaterThanOrEqualTo(20, domain.ToString());
            FactTable.Of(domain, FactKind.Shape).Count.ShouldBeGreaterThanOrEqualTo(10, domain.ToString());
        }
    }

    [Fact]
    public void Every_value_exists_in_the_world_and_no_fact_stands_twice()
    {
        FactTable.All.Select(f => f.Id).ShouldBeUnique();
        FactTable.All.Select(f => f.Text).ShouldBeUnique();
        foreach (var fact in FactTable.All)
        {
            fact.Text.ShouldNotBeNullOrWhiteSpace(fact.Id);
            fact.Source.ShouldNotBeNullOrWhiteSpace(fact.Id);
            if (fact.Kind == FactKind.Number)
                fact.Number.ShouldBeInRange(1, World.MaxObjects, fact.Id);
            else if (fact.Kind == FactKind.Color)
                World.Colors.ShouldContain(fact.Color, fact.Id);
            else
                World.Classes.ShouldContain(fact.Shape, fact.Id);
        }
    }

    [Fact]
    public void No_fact_gives_its_answer_away()
    {
        foreach (var fact in FactTable.All)
            fact.Text.Split(' ', '-', '\'').ShouldNotContain(fact.Value, fact.Id);
    }

    [Fact]
    public void A_fact_reads_as_a_sentence()
    {
        FactTable.All.Single(f => f.Text == "days in a weekend").Statement.ShouldBe("The number of days in a weekend is 2.");
        FactTable.All.Single(f => f.Text == "ripe bananas").Statement.ShouldBe("The color of ripe bananas is yellow.");
        FactTable.All.Single(f => f.Text == "a slice of pizza").Statement.ShouldBe("The shape of a slice of pizza is a triangle.");
        Should.Throw<KeyNotFoundException>(() => FactTable.Get("time-number-99")).Message.ShouldContain("time-number-99");
    }
}
