using GenAgent.Evaluation.Published;

namespace GenAgent.Evaluation.Tests.Published;

public sealed class OfficialQuestionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private OfficialQuestion Read(string name, string text)
    {
        var path = _folder[name];
        File.WriteAllText(path, text);
        return OfficialQuestion.Read(path);
    }

    [Fact]
    public void The_question_is_taken_from_a_script_like_the_official_one()
    {
        var question = Read("eval.py", "DOC = \"\"\"no question here\"\"\"\nm = [{\"role\": \"system\", \"content\": [{\"type\": \"text\", \"text\": \"You "
            + "judge.\"}]},\n{\"text\": f\"\"\"Judge.\nPROMPT: \"{data['Prompt']}\"\nEXPLANATION: \"{data['Explanation']}\"\nBe strict, {{thanks}}.\"\"\"}]");

        question.System.ShouldBe("You judge.");
        question.Fill("a cat", "it sleeps").ShouldBe("Judge.\nPROMPT: \"a cat\"\nEXPLANATION: \"it sleeps\"\nBe strict, {thanks}.");
    }

    [Fact]
    public void A_text_with_placeholders_is_taken_as_it_is_and_one_without_is_refused()
    {
        Read("q.txt", "Is {prompt} shown? {explanation}").Fill("x", "y").ShouldBe("Is x shown? y");
        Should.Throw<InvalidDataException>(() => Read("bad.txt", "Is it shown?")).Message.ShouldContain("{prompt}");
        Should.Throw<InvalidDataException>(() => Read("bad.py", "x = 1")).Message.ShouldContain("triple-quoted");
    }
}
