using GenAgent.Validation;

namespace GenAgent.Tests.Validation;

public sealed class AssignmentTests
{
    [Theory]
    [InlineData("Agent:MaxRounds=2", "Agent:MaxRounds", "2")]
    [InlineData("Agent.MaxRounds=2", "Agent:MaxRounds", "2")]
    [InlineData("data.0.path=runs/a=b", "data:0:path", "runs/a=b")]
    [InlineData("Agent:StyleHint=", "Agent:StyleHint", "")]
    public void A_path_and_a_value_are_read_with_either_separator(string text, string path, string value)
    {
        Assignment.TryParse(text, out var assignment, out var problem).ShouldBeTrue(problem);

        (assignment.ConfigurationPath, assignment.Value).ShouldBe((path, value));
    }

    [Theory]
    [InlineData("MaxRounds")]
    [InlineData("=2")]
    [InlineData("a..b=2")]
    [InlineData("")]
    public void What_is_no_assignment_is_refused_with_an_example(string text)
    {
        Assignment.TryParse(text, out _, out var problem).ShouldBeFalse();

        problem.ShouldNotBeNull().ShouldContain("write PATH=VALUE");
    }
}
