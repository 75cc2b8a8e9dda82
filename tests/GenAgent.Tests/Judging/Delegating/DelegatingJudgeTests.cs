using System.Collections.Concurrent;
using GenAgent.Judging;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Time.Testing;

namespace GenAgent.Tests.Judging.Delegating;

public sealed class DelegatingJudgeTests
{
    private static readonly JudgeRequest Cats = new("two red cats", FixedJudge.Image(1));

    [Fact]
    public async Task A_judge_that_failed_is_asked_again_after_waits_that_double()
    {
        var time = new FakeTimeProvider();
        var judge = new FixedJudge((_, call) => call < 3 ? new NoScore("fixed/1", "busy") : FixedJudge.Of(0.5));

        var judging = judge.AsBuilder().UseRetries(2, TimeSpan.FromSeconds(10), time).Build().JudgeAsync(Cats).AsTask();
        judge.Calls.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(10));
        judge.Calls.ShouldBe(2);
        time.Advance(TimeSpan.FromSeconds(19));
        judge.Calls.ShouldBe(2);
        time.Advance(TimeSpan.FromSeconds(1));

        (await judging).ShouldBeOfType<Score>().Value.ShouldBe(0.5);
    }

    [Fact]
    public async Task After_the_last_retry_the_failure_stands()
    {
        var judge = new FixedJudge((_, call) => new NoScore("fixed/1", $"busy {call}"));

        var judgment = await judge.AsBuilder().UseRetries(1, TimeSpan.Zero).Build().JudgeAsync(Cats);

        judgment.ShouldBe(new NoScore("fixed/1", "busy 2"));
    }

    [Fact]
    public async Task The_same_image_and_prompt_are_judged_once_with_every_check_kept()
    {
        var judge = new FixedJudge((_, _) => FixedJudge.Of(0.25) with { Checks = [new("red?", true, "yes", "red")] });
        var cached = judge.AsBuilder().UseCache(new PlainCache()).Build();

        await cached.JudgeAsync(Cats);
        var again = (await cached.JudgeAsync(Cats with { Image = FixedJudge.Image(1) })).ShouldBeOfType<Score>();

        judge.Calls.ShouldBe(1);
        (again.Value, again.Judge).ShouldBe((0.25, "fixed/1"));
        again.Checks.ShouldHaveSingleItem().ShouldBe(new Check("red?", true, "yes", "red"));
    }

    [Fact]
    public async Task Another_prompt_image_or_meaning_is_judged_anew_and_so_is_a_failure()
    {
        var judge = new FixedJudge((_, call) => call == 1 ? new NoScore("fixed/1", "busy") : FixedJudge.Of(0.25));
        var cached = judge.AsBuilder().UseCache(new PlainCache()).Build();

        JudgeRequest[] requests =
        [
            Cats, Cats, Cats with { Prompt = "two red dogs" }, Cats with { Image = FixedJudge.Image(2) },
            Cats with { Constraints = new PromptConstraints([new ObjectConstraint("cat", 2)]) },
        ];
        foreach (var request in requests)
        {
            await cached.JudgeAsync(request);
        }

        judge.Calls.ShouldBe(5);
    }

    [Fact]
    public async Task No_more_than_the_limit_are_judged_at_once()
    {
        var (running, most) = (0, 0);
        var release = new SemaphoreSlim(0);
        var judge = new SlowJudge(async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await release.WaitAsync();
            Interlocked.Decrement(ref running);
        });
        var limited = judge.AsBuilder().UseConcurrencyLimit(2).Build();

        var all = Task.WhenAll(Enumerable.Range(0, 6).Select(_ => limited.JudgeAsync(Cats).AsTask()));
        release.Release(6);

        (await all).Length.ShouldBe(6);
        most.ShouldBe(2);
    }

    [Fact]
    public void What_is_added_first_is_outermost_and_the_name_stays_the_judges()
    {
        var judge = new FixedJudge((_, _) => FixedJudge.Of(1)).AsBuilder().UseCache(new PlainCache()).UseRetries().Build();

        judge.ShouldBeOfType<CachingJudge>().Name.ShouldBe("fixed/1");
    }

    private sealed class SlowJudge(Func<Task> work) : IJudge
    {
        public string Name => "slow/1";

        public async ValueTask<Judgment> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
        {
            await work();
            return FixedJudge.Of(1);
        }
    }

    private sealed class PlainCache : IDistributedCache
    {
        private readonly ConcurrentDictionary<string, byte[]> _kept = new(StringComparer.Ordinal);

        public byte[]? Get(string key) => _kept.GetValueOrDefault(key);

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => Task.FromResult(Get(key));

        public void Refresh(string key)
        {
        }

        public Task RefreshAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Remove(string key) => _kept.TryRemove(key, out _);

        public Task RemoveAsync(string key, CancellationToken token = default) => Task.CompletedTask;

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _kept[key] = value;

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Set(key, value, options);
            return Task.CompletedTask;
        }
    }
}
