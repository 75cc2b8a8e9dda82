using System.Runtime.Loader;
using GenAgent.Judging;

namespace GenAgent.Tests.Judging;

public sealed class FirstQuestionTests
{
    private const int Programs = 20;
    private const int Questions = 8;

    [Fact]
    public async Task The_first_questions_of_a_program_may_be_asked_at_once()
    {
        for (var program = 0; program < Programs; program++)
        {
            // A copy of the library whose static fields nobody has used yet.
            var fresh = new AssemblyLoadContext($"program {program}", isCollectible: true);
            var library = fresh.LoadFromAssemblyPath(typeof(PointwiseJudge).Assembly.Location);
            dynamic judge = Activator.CreateInstance(
                library.GetType(typeof(PointwiseJudge).FullName!)!, ScriptedChat.Saying("""{"reason":"one cat","score":7,"passed":false}"""), null)!;
            var request = Activator.CreateInstance(library.GetType(typeof(JudgeRequest).FullName!)!, "two cats", FixedJudge.Image(1), null)!;
            using var together = new Barrier(Questions);

            var judgments = await Task.WhenAll(Enumerable.Range(0, Questions).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(TimeSpan.FromSeconds(60)).ShouldBeTrue("all questions are asked at once");
                    return (object)judge.JudgeAsync((dynamic)request, CancellationToken.None).AsTask().GetAwaiter().GetResult();
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

            judgments.Select(judgment => judgment.ToString()).ShouldAllBe(judgment => judgment!.StartsWith("Score ", StringComparison.Ordinal));
            fresh.Unload();
        }
    }
}
