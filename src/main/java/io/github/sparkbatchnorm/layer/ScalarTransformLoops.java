package io.github.sparkbatchnorm.layer;

/** Value by value. */
final class ScalarTransformLoops extends TransformLoops {
    @Override
    void normalizeRun(float[] x, float[] y, int from, int to, int c, ForwardParameters by) {
        double mean = by.mean()[c];
        double rest = by.meanLow()[c];
        double scale = by.scale()[c];
        double bias = by.bias()[c];
        for (int i = from; i < to; i++) {
            y[i] = (float) (((x[i] - mean) - rest) * scale + bias);
        }
    }

    @Override
    void normalizeRun(double[] x, double[] y, int from, int to, int c, ForwardParameters by) {
        double mean = by.mean()[c];
        double rest = by.meanLow()[c];
        double scale = by.scale()[c];
        double bias = by.bias()[c];
        for (int i = from; i < to; i++) {
            y[i] = ((x[i] - mean) - rest) * scale + bias;
        }
    }

    @Override
    void normalizeChannels(float[] x, float[] y, int start, int from, int to, ForwardParameters by) {
        for (int c = from; c < to; c++) {
            y[start + c] = (float) by.apply(x[start + c], c);
        }
    }

    @Override
    void normalizeChannels(double[] x, double[] y, int start, int from, int to, ForwardParameters by) {
        for (int c = from; c < to; c++) {
            y[start + c] = by.apply(x[start + c], c);
        }
    }

    @Override
    void gradientRun(float[] x, float[] dy, float[] dx, int from, int to, int c, BackwardParameters by) {
        for (int i = from; i < to; i++) {
            dx[i] = (float) by.apply(x[i], dy[i], c);
        }
    }

    @Override
    void gradientRun(double[] x, double[] dy, double[] dx, int from, int to, int c, BackwardParameters by) {
        for (int i = from; i < to; i++) {
            dx[i] = by.apply(x[i], dy[i], c);
        }
    }

    @Override
    void gradientChannels(float[] x, float[] dy, float[] dx, int start, int from, int to, BackwardParameters by) {
        for (int c = from; c < to; c++) {
            dx[start + c] = (float) by.apply(x[start + c], dy[start + c], c);
        }
    }

    @Override
    void gradientChannels(double[] x, double[] dy, double[] dx, int start, int from, int to, BackwardParameters by) {
        for (int c = from; c < to; c++) {
            dx[start + c] = by.apply(x[start + c], dy[start + c], c);
        }
    }
}
