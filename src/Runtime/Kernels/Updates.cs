using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>The optimizers' updates, see <see cref="UpdateRule"/>, each in one pass over memory. A lane is a parameter.</summary>
/// <remarks>Counts are multiples of 16. Padding stays zero: a parameter, its gradient and its state that are zero. State that decays, as
/// that of a word that does not come up, ends at zero once it is below the smallest normal number: with smaller ones every operation is
/// many times slower, and what they move is nothing.</remarks>
internal static unsafe class Updates<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    // 2^-126.
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>p = p - (rate g + shrink p).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Descent(float* p, float* g, int count, in UpdateRule rule)
    {
        var numbers = new Numbers(in rule);
        for (int i = 0; i < count; i += TLanes.Width) numbers.Move(p + i, TLanes.Load(p + i), TLanes.Load(g + i));
    }

    /// <summary>v = beta1 v + G; p = p - (rate v + shrink p), or with G + beta1 v in the place of v.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Momentum(float* p, float* g, float* v, int count, in UpdateRule rule)
    {
        var numbers = new Numbers(in rule);
        bool isAhead = rule.Form == UpdateForm.Nesterov;
        TVector b1 = TLanes.Create(rule.Beta1);
        for (int i = 0; i < count; i += TLanes.Width)
        {
            TVector from = TLanes.Load(p + i), gradient = numbers.Gradient(g + i, from);
            TVector sum = numbers.Normal(TLanes.MultiplyAdd(b1, TLanes.Load(v + i), gradient));
            TLanes.Store(v + i, sum);
            numbers.Move(p + i, from, isAhead ? TLanes.MultiplyAdd(b1, sum, gradient) : sum);
        }
    }

    /// <summary>
    /// m = beta1 m + (1 - beta1) G; v = beta2 v + (1 - beta2) G^2; p = p - (rate m / (sqrt(v) correction + epsilon) + shrink p).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Adam(float* p, float* g, float* m, float* v, int count, in UpdateRule rule)
    {
        var numbers = new Numbers(in rule);
        TVector b1 = TLanes.Create(rule.Beta1), a1 = TLanes.Create(1f - rule.Beta1);
        TVector b2 = TLanes.Create(rule.Beta2), a2 = TLanes.Create(1f - rule.Beta2);
        TVector correction = TLanes.Create(rule.Correction), epsilon = TLanes.Create(rule.Epsilon);
        for (int i = 0; i < count; i += TLanes.Width)
        {
            TVector from = TLanes.Load(p + i), gradient = numbers.Gradient(g + i, from);
            TVector first = numbers.Normal(TLanes.MultiplyAdd(a1, gradient, TLanes.Multiply(b1, TLanes.Load(m + i))));
            TVector squares = TLanes.Multiply(gradient, gradient);
            TVector second = numbers.Normal(TLanes.MultiplyAdd(a2, squares, TLanes.Multiply(b2, TLanes.Load(v + i))));
            TLanes.Store(m + i, first);
            TLanes.Store(v + i, second);
            numbers.Move(p + i, from, TLanes.Divide(first, TLanes.MultiplyAdd(TLanes.Sqrt(second), correction, epsilon)));
        }
    }

    /// <summary>s = s + G^2; p = p - (rate G / (sqrt(s) + epsilon) + shrink p).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Adagrad(float* p, float* g, float* s, int count, in UpdateRule rule)
    {
        var numbers = new Numbers(in rule);
        TVector epsilon = TLanes.Create(rule.Epsilon);
        for (int i = 0; i < count; i += TLanes.Width)
        {
            TVector from = TLanes.Load(p + i), gradient = numbers.Gradient(g + i, from);
            TVector squares = TLanes.MultiplyAdd(gradient, gradient, TLanes.Load(s + i));
            TLanes.Store(s + i, squares);
            numbers.Move(p + i, from, TLanes.Divide(gradient, TLanes.Add(TLanes.Sqrt(squares), epsilon)));
        }
    }

    // What all rules do before and after the step that is their own. Where nothing decays or shrinks, not even zero is added: it would
    // cost a zero its sign, and the update its one rounding.
    [method: MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly struct Numbers(in UpdateRule rule)
    {
        private readonly bool _decays = rule.Decay != 0f, _shrinks = rule.Shrink != 0f;
        private readonly TVector _scale = TLanes.Create(rule.Scale), _decay = TLanes.Create(rule.Decay);
        private readonly TVector _rate = TLanes.Create(rule.Rate), _minusRate = TLanes.Create(-rule.Rate);
        private readonly TVector _shrink = TLanes.Create(rule.Shrink), _smallest = TLanes.Create(SmallestNormal);

        /// <summary>G = scale g + decay p.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Gradient(float* g, TVector p)
        {
            TVector gradient = TLanes.Multiply(_scale, TLanes.Load(g));
            return _decays ? TLanes.MultiplyAdd(_decay, p, gradient) : gradient;
        }

        /// <summary>Zero in the place of what is no normal number.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Normal(TVector state) => TLanes.IfLess(TLanes.Abs(state), _smallest, TLanes.Create(0f), state);

        /// <summary>p = from - (rate step + shrink from).</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Move(float* p, TVector from, TVector step) => TLanes.Store(p, _shrinks
            ? TLanes.Subtract(from, TLanes.MultiplyAdd(_rate, step, TLanes.Multiply(_shrink, from)))
            : TLanes.MultiplyAdd(_minusRate, step, from));
    }
}
