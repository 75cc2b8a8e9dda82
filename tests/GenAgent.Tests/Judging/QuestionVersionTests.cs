using System.Security.Cryptography;
using System.Text;
using GenAgent.Judging;

namespace GenAgent.Tests.Judging;

/// <summary>Scores are comparable only under one wording: who changes a wording raises its version, and writes the new digest here.</summary>
public sealed class QuestionVersionTests
{
    [Theory]
    [InlineData(PointwiseJudge.Question, "pointwise/1 d3389c1a3ca7", PointwiseJudge.System)]
    [InlineData(PairwiseJudge.Question, "pairwise/1 4b08a63689f6", PairwiseJudge.System)]
    [InlineData(ChecklistJudge.Question, "checklist/1 5635df48630a", ChecklistJudge.AskSystem + ChecklistJudge.AnswerSystem)]
    public void The_wording_of_a_question_does_not_change_under_its_version(string version, string digest, string wording) =>
        $"{version} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(wording)))[..12]}".ShouldBe(digest);
}
