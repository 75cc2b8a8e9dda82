using GenAgent.Judging;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Judging;

/// <summary>A judge whose judgment is a function of the request, and which counts what it is asked.</summary>
internal sealed class FixedJudge(Func<JudgeRequest, int, Judgment> judge) : IJudge
{
    private int _calls;

    public int Calls => _calls;

    public string Name => "fixed/1";

    public static DataContent Image(byte content) => new(new[] { content }, "image/png");

    public static Score Of(double value, bool passed = false) => new("fixed/1", value, passed, $"worth {value}");

    public ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default) =>
        new(judge(request, Interlocked.Increment(ref _calls)));
}
