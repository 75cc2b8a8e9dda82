using GenAgent.Judging;
using GenAgent.Models;

namespace GenAgent.Server.Tests.Environments;

/// <summary>A judge that throws whenever it is asked.</summary>
internal sealed class FailingJudge : IJudge
{
    public string Name => "failing";

    public static void AddTo(BackendRegistry registry) =>
        _ = registry.AddJudge(new("failing", BackendForm.NameOnly, "failing", "throws"), (_, _) => new(new FailingJudge()));

    public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default) =>
        throw new InvalidDataException("the judge failed");
}
